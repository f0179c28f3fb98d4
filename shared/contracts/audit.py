"""What every service says about its audit trail, and what may be asked of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shared.contracts.event import event, source_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditAnchored:
    """A service's audit trail had this many rows, and the last of them this digest.

    Whoever keeps it elsewhere can tell a trail that was made anew, or cut off, from the true one.
    `digest` is hex, of `algorithm` "sha256" or "sm3" (GB/T 32905-2016).
    """

    event_type: ClassVar[str]
    aggregate: ClassVar[str] = "service"

    service: str
    number: int
    digest: str
    algorithm: str
    at: datetime


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class GridAuditAnchored(AuditAnchored):
    """The grid registry's audit trail ended here at this moment."""

    event_type: ClassVar[str] = "grid.audit.anchored.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolAuditAnchored(AuditAnchored):
    """Patrol's audit trail ended here at this moment."""

    event_type: ClassVar[str] = "patrol.audit.anchored.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAuditAnchored(AuditAnchored):
    """The register's audit trail ended here at this moment."""

    event_type: ClassVar[str] = "register.audit.anchored.v1"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAuditAnchored(AuditAnchored):
    """The command centre's audit trail ended here at this moment."""

    event_type: ClassVar[str] = "command.audit.anchored.v1"


# Each service tells one of its own.
ANCHORS: dict[str, type[AuditAnchored]] = {
    source_of(contract): contract
    for contract in (
        GridAuditAnchored,
        PatrolAuditAnchored,
        RegisterAuditAnchored,
        CommandAuditAnchored,
    )
}
# Command keeps everybody's, and patrol keeps command's: nobody keeps his own.
KEEPER = "command"
KEEPER_OF_THE_KEEPER = "patrol"


def anchors_kept_by(service: str) -> tuple[type[AuditAnchored], ...]:
    """Return the anchors of others that *service* keeps; none for most."""
    if service == KEEPER:
        return tuple(told for teller, told in ANCHORS.items() if teller != KEEPER)
    return (ANCHORS[KEEPER],) if service == KEEPER_OF_THE_KEEPER else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries of a trail are asked for; `action` is a whole name or its beginning."""

    account: str | None = None
    about: str | None = None
    action: str | None = None
    outcome: str | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None
