"""Codes by the clock, and codes for when the device is lost."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.domain.second_factor import (
    SecondFactor,
    is_recovery_code,
    new_recovery_codes,
    new_second_factor,
    plain,
)

# RFC 6238, appendix B, SHA-1; the last six of its eight digits (RFC 4226, 5.3).
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
FACTOR = SecondFactor(account="admin", secret=SECRET)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_takes_the_codes_of_the_standard(seconds: int, code: str) -> None:
    assert FACTOR.counter_of(code, at(seconds)) == seconds // 30


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_takes_the_code_of_one_step_around(steps: int, is_taken: bool) -> None:
    seconds, code = VECTORS[3]
    found = FACTOR.counter_of(code, at(seconds) - timedelta(seconds=30 * steps))
    assert (found == seconds // 30) is is_taken


@pytest.mark.parametrize(
    "code", ["", "00592", "0059240", "OO5924", "005 924", "００５９２４", "-05924"]
)
def test_takes_nothing_that_is_no_code(code: str) -> None:
    assert FACTOR.counter_of(code, at(VECTORS[3][0])) is None


def test_is_told_to_an_app_by_an_address() -> None:
    uri = FACTOR.uri("admin")
    assert uri.startswith("otpauth://totp/")
    assert f"secret={SECRET}" in uri
    assert "issuer=Wangge" in uri


def test_shows_its_secret_in_no_log() -> None:
    assert SECRET not in repr(FACTOR)


def test_new_secrets_have_160_bits_and_differ() -> None:
    secrets = {new_second_factor("a").secret for _ in range(20)}
    assert len(secrets) == 20
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}


def test_recovery_codes_are_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        assert is_recovery_code(code)
        assert plain(code.lower().replace("-", " ")) == plain(code)
    assert not is_recovery_code("123456")
