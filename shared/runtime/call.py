"""The call a worker serves: who asks, about which matter, under which idempotency key.

It travels in the message headers of every RPC and event, so that a log line or an event can say
whose doing it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.kernel.actor import PLATFORM, Actor, Role
from shared.kernel.ids import new_id

HEADER_PREFIX = "nameko."
# An account and an idempotency key together are the longest of them.
LONGEST = 200
_ROLES = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandKey:
    """The name a client gave one command, and a digest of what it asked."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call through the services; `call_id` stays the same from the edge to the last event."""

    call_id: str = field(default_factory=new_id)
    actor: Actor = PLATFORM
    matter_no: str | None = None
    command: CommandKey | None = None

    def about(self, matter_no: str) -> "Call":
        return replace(self, matter_no=matter_no)

    def without_command(self) -> "Call":
        """Return the call as a neighbour may see it: the key belongs to the first door alone."""
        return replace(self, command=None)

    def unnamed(self) -> "Call":
        """Return the call without the name, the roles and the place of who made it."""
        return replace(self, actor=Actor(account="unnamed"))

    def headers(self) -> dict[str, Any]:
        """Return the call as message headers."""
        said = {
            "call_id": self.call_id,
            "account": self.actor.account,
            "roles": [role.value for role in self.actor.roles],
            "place_code": self.actor.place_code,
            "matter_no": self.matter_no,
            "command_key": self.command.key if self.command else None,
            "command_fingerprint": self.command.fingerprint if self.command else None,
        }
        return {HEADER_PREFIX + name: value for name, value in said.items() if value is not None}


def call_from(headers: Mapping[str, Any]) -> Call:
    """Return the call that *headers* (with or without their prefix) carry.

    Never fails: a worker reads it before anything can be answered or put off. Roles from tomorrow
    are passed over, they give no rights here; and so is what is no text, or one that no name is.
    """
    said = {name.removeprefix(HEADER_PREFIX): value for name, value in headers.items()}
    command = None
    if key := _text(said, "command_key"):
        fingerprint = _text(said, "command_fingerprint") or ""
        command = CommandKey(key=key, fingerprint=fingerprint)
    return Call(
        call_id=_text(said, "call_id") or new_id(),
        actor=Actor(
            account=_text(said, "account") or PLATFORM.account,
            roles=_roles(said.get("roles")),
            place_code=_text(said, "place_code"),
        ),
        matter_no=_text(said, "matter_no"),
        command=command,
    )


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    is_one = isinstance(value, str) and len(value) <= LONGEST and "\x00" not in value
    return value if is_one else None


def _roles(said: Any) -> tuple[Role, ...]:
    if not isinstance(said, list | tuple):
        return ()
    return tuple(_ROLES[role] for role in said if isinstance(role, str) and role in _ROLES)
