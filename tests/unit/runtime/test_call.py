"""The call a worker serves, through the headers of a message and back."""

from uuid import UUID

import pytest

from shared.kernel.actor import PLATFORM, Actor
from shared.kernel.rights import Role
from shared.runtime.call import Call, CommandKey, call_from

CALL = Call(
    call_id="0192",
    actor=Actor.of("zhang", Role.DUTY_OFFICER, Role.MEDIATOR, place_code="420802001"),
    matter_no="P20261123-0000018",
    command=CommandKey(key="k-1", fingerprint="abc"),
)


class TestCall:
    def test_comes_through_headers_as_it_was(self) -> None:
        assert call_from(CALL.headers()) == CALL

    def test_comes_through_when_nameko_has_stripped_the_prefix(self) -> None:
        stripped = {name.removeprefix("nameko."): value for name, value in CALL.headers().items()}

        assert call_from(stripped) == CALL

    def test_carries_its_headers_under_namekos_prefix(self) -> None:
        assert all(name.startswith("nameko.") for name in CALL.headers())

    def test_leaves_out_what_it_does_not_know(self) -> None:
        headers = Call(call_id="1", actor=Actor(account="li")).headers()

        assert headers == {"nameko.call_id": "1", "nameko.account": "li", "nameko.rights": []}

    def test_without_headers_is_the_platforms_own(self) -> None:
        call = call_from({})

        assert UUID(call.call_id).version == 7
        assert (call.actor.account, call.actor.roles) == (PLATFORM.account, ())
        assert call.command is None

    def test_passes_over_roles_from_tomorrow(self) -> None:
        call = call_from({"nameko.rights": ["judge@420802", "mediator@420802"]})

        assert call.actor.roles == (Role.MEDIATOR,)

    def test_does_not_stumble_over_a_key_without_a_fingerprint(self) -> None:
        assert call_from({"nameko.command_key": "k-1"}).command == CommandKey(
            key="k-1", fingerprint=""
        )

    @pytest.mark.parametrize("odd", [7, True, [], {}, 1.5, b"bytes", "x" * 201, "a\x00b"])
    @pytest.mark.parametrize(
        "name", ["call_id", "account", "roles", "place_code", "matter_no", "command_key"]
    )
    def test_never_fails_and_passes_over_what_no_name_is(self, name: str, odd: object) -> None:
        call = call_from({f"nameko.{name}": odd, "nameko.command_fingerprint": odd})

        assert UUID(call.call_id).version == 7
        assert call.actor == Actor(account=PLATFORM.account)
        assert (call.matter_no, call.command) == (None, None)

    def test_takes_the_number_of_the_matter_it_is_about(self) -> None:
        about = CALL.about("P20261124-0000010")

        assert about.matter_no == "P20261124-0000010"
        assert about.call_id == CALL.call_id

    def test_gives_no_neighbour_the_key_of_its_command(self) -> None:
        assert CALL.without_command().command is None
        assert "abc" not in str(CALL.without_command().headers())

    def test_can_go_without_a_name(self) -> None:
        unnamed = CALL.unnamed()

        assert "zhang" not in str(unnamed.headers())
        assert unnamed.actor == Actor(account="unnamed")
        assert unnamed.call_id == CALL.call_id
