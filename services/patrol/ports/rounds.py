"""What is needed to plan rounds, to follow them and to miss whoever walks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.patrol.domain.patrol_round import PatrolRound, RoundPlace
from services.patrol.domain.track import Integers, Track
from services.patrol.domain.visiting import Visit
from services.patrol.domain.watch import Walker
from shared.kernel.place import Point


class RoundGround(Protocol):
    """The grid registry as rounds ask it, before the transaction."""

    def areas_of(self, code: str) -> RoundPlace:
        """Return a division or cell in force and what lies above it; raises `NotFound`."""
        ...

    def cells_of(self, points: Sequence[Point]) -> list[str | None]:
        """Return the code of the cell of each point, None outside."""
        ...


class RoundStore(Protocol):
    """Rounds and who walks them; writes belong to the open transaction."""

    def add(self, planned: PatrolRound) -> None: ...

    def find(self, round_id: str) -> PatrolRound | None:
        """Return the round, held against other writers until the transaction ends."""
        ...

    def replace(self, changed: PatrolRound) -> None:
        """Keep the state of a round; what was planned never changes."""
        ...

    def walker(self, round_id: str, account: str) -> Walker: ...

    def walkers(self, round_id: str) -> list[Walker]: ...

    def keep_walker(self, walker: Walker) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOrigin:
    """Where a batch of a track comes from, and what its clock showed."""

    round_id: str
    account: str
    device: str
    sent_at: datetime
    received_at: datetime
    clock_offset_s: float


class TrackStore(Protocol):
    """Tracks, and where somebody was last."""

    def count(self, round_id: str, account: str) -> int: ...

    def known(self, origin: BatchOrigin, first_seq: int, last_seq: int) -> Integers:
        """Return the numbers of a device's points that are kept, from those batches that overlap a span."""
        ...

    def add(self, origin: BatchOrigin, track: Track) -> None: ...

    def keep_position(self, origin: BatchOrigin, track: Track) -> None:
        """Keep the newest of some points as where he is, unless a newer one is known."""
        ...

    def forget_position(self, accounts: Sequence[str], round_id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCheckIn:
    """A check-in as it was judged."""

    check_in_id: str
    round_id: str
    account: str
    key: str
    point: int | None
    at: datetime
    phone_at: datetime
    received_at: datetime
    clock_offset_s: float
    stayed_s: float
    accuracy_m: float | None
    distance_m: float | None
    reasons: tuple[str, ...]
    lon: float
    lat: float
    cell: str | None

    @property
    def is_valid(self) -> bool:
        return not self.reasons


class CheckInStore(Protocol):
    """Check-ins; of one key there is one."""

    def is_known(self, round_id: str, account: str, key: str) -> bool: ...

    def add(self, check_in: KeptCheckIn) -> None: ...

    def reached(self, round_id: str) -> frozenset[int]:
        """Return the numbers of the required points at which somebody checked in validly."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Somebody nobody heard of; `areas` are codes from the district down."""

    alarm_id: str
    round_id: str
    account: str
    kind: str
    since: datetime
    raised_at: datetime
    place: RoundPlace
    acknowledged_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Somebody who may have to be missed: on which round, and where that lies."""

    round_id: str
    account: str
    place: RoundPlace


class AlarmStore(Protocol):
    """Alarms; of one silence there is one."""

    def missing(self, now: datetime, *, at_most: int) -> list[Missing]:
        """Return some who are out and due; their rounds are held, and those somebody else holds are left."""
        ...

    def add(self, alarm: Alarm) -> bool:
        """Keep an alarm; answer whether it is new."""
        ...

    def find(self, alarm_id: str) -> Alarm | None:
        """Return the alarm, held against other writers until the transaction ends."""
        ...

    def acknowledge(self, alarm_id: str, *, by: str, at: datetime, note: str) -> None: ...

    def heard_again(self, round_id: str, account: str, kinds: Sequence[str], at: datetime) -> None:
        """Note in the alarms of a person that he was heard of."""
        ...


class VisitStore(Protocol):
    """Which rounds were in which cells."""

    def to_place(self, *, at_most: int) -> list[tuple[str, str, Track]]:
        """Return ids, rounds and points of batches whose visits were not counted, the oldest first."""
        ...

    def count(self, batch_id: str, round_id: str, visits: Mapping[str, Visit]) -> bool:
        """Add the visits of a batch to those of its round, once; answer whether it was now."""
        ...
