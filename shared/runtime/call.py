"""The call a worker serves: who asks, about which matter, under which idempotency key.

It travels in the message headers of every RPC and event, so that a log line or an event can say
whose doing it was. What a call may do is decided by its passport alone (`identity.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.kernel.actor import PLATFORM, Actor, Right
from shared.kernel.ids import new_id
from shared.kernel.rights import Role

HEADER_PREFIX = "nameko."
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
    passport: str | None = field(default=None, repr=False)

    def about(self, matter_no: str) -> "Call":
        return replace(self, matter_no=matter_no)

    def without_command(self) -> "Call":
        """Return the call as a neighbour may see it: the key belongs to the first door alone."""
        return replace(self, command=None)

    def with_passport(self, passport: str) -> "Call":
        return replace(self, passport=passport)

    def told(self) -> "Call":
        """Return the call as an event carries it: nothing in it is good for another call."""
        return replace(self, command=None, passport=None)

    def unnamed(self) -> "Call":
        """Return the call without the name, the rights and the unit of who made it."""
        return replace(self, actor=Actor(account="unnamed"))

    def headers(self) -> dict[str, Any]:
        """Return the call as message headers."""
        said = {
            "call_id": self.call_id,
            "account": self.actor.account,
            "rights": [written(right) for right in self.actor.rights],
            "unit": self.actor.unit,
            "matter_no": self.matter_no,
            "command_key": self.command.key if self.command else None,
            "command_fingerprint": self.command.fingerprint if self.command else None,
            "passport": self.passport,
        }
        return {HEADER_PREFIX + name: value for name, value in said.items() if value is not None}


def call_from(headers: Mapping[str, Any]) -> Call:
    """Return the call that *headers* (with or without their prefix) carry.

    Never fails: a worker reads it before anything can be answered or put off. Roles from tomorrow
    are passed over; they give no rights here.
    """
    said = {name.removeprefix(HEADER_PREFIX): value for name, value in headers.items()}
    command = None
    if said.get("command_key"):
        fingerprint = said.get("command_fingerprint", "")
        command = CommandKey(key=said["command_key"], fingerprint=fingerprint)
    return Call(
        call_id=said.get("call_id") or new_id(),
        actor=Actor(
            account=said.get("account", PLATFORM.account),
            rights=tuple(_rights(said.get("rights", ()))),
            unit=said.get("unit"),
        ),
        matter_no=said.get("matter_no"),
        command=command,
        passport=said.get("passport"),
    )


def written(right: Right) -> str:
    """Return a right as headers and the audit trail name it."""
    return f"{right.role.value}@{right.place_code or ''}"


def _rights(written: Iterable[str]) -> Iterator[Right]:
    for each in written:
        role, _, place = each.partition("@")
        if role in _ROLES:
            yield Right(role=_ROLES[role], place_code=place or None)
