"""The call a worker serves: who asks, about which matter, under which idempotency key.

It travels in the message headers of every RPC and event, so that a log line or an event can say
whose doing it was. What a call may do is decided by its passport alone (`identity.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.kernel.actor import PLATFORM, Actor, Right
from shared.kernel.ids import new_id
from shared.kernel.rights import Role

HEADER_PREFIX = "nameko."
# An account and an idempotency key together are the longest of them.
LONGEST = 200
LONGEST_PASSPORT = 16_384
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
            rights=tuple(_rights(said.get("rights"))),
            unit=_text(said, "unit"),
        ),
        matter_no=_text(said, "matter_no"),
        command=command,
        passport=_passport(said.get("passport")),
    )


def written(right: Right) -> str:
    """Return a right as headers and the audit trail name it."""
    return f"{right.role.value}@{right.place_code or ''}"


def _text(said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    is_one = isinstance(value, str) and len(value) <= LONGEST and "\x00" not in value
    return value if is_one else None


def _rights(said: Any) -> Iterator[Right]:
    for each in said if isinstance(said, list | tuple) else ():
        role, _, place = each.partition("@") if isinstance(each, str) else ("", "", "")
        if role in _ROLES:
            yield Right(role=_ROLES[role], place_code=place or None)


def _passport(said: Any) -> str | None:
    return said if isinstance(said, str) and len(said) <= LONGEST_PASSPORT else None
