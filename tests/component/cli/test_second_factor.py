"""The command line of an account that has a second factor."""

from tests.component.cli.commands import Shell
from tests.component.cli.edge import Edge


def test_takes_the_code_from_the_environment(wangge: Shell, edge: Edge) -> None:
    edge.otp = "123456"
    wangge.environment["WANGGE_OTP"] = "123456"
    ended = wangge.run("deadletters", "list")
    assert ended.code == 0, ended.err
    assert edge.sign_ins == 1


def test_says_that_a_code_is_needed(wangge: Shell, edge: Edge) -> None:
    edge.otp = "123456"
    ended = wangge.run("deadletters", "list")
    assert ended.code == 1
    assert "WANGGE_OTP" in ended.err


def test_does_not_get_in_with_a_wrong_code(wangge: Shell, edge: Edge) -> None:
    edge.otp = "123456"
    wangge.environment["WANGGE_OTP"] = "000000"
    assert wangge.run("deadletters", "list").code == 1
    assert edge.sign_ins == 0
