"""When an uploaded file goes: nobody names it any more, and was asked twice, a week apart.

Whoever names a file asks the edge first whether it is there, and has named it within minutes or not at
all: calls go out of date where they wait. So what somebody named while it was first asked about shows
when it is asked about again; and one that is going stays when it is asked for meanwhile. The rest of the
week is for a service that was started on an empty database, and names nothing until it is restored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GOES_AFTER = timedelta(days=7)
# Nearly all files are named for years; once a day is soon enough to hear that one is not any more.
ASKED_AGAIN_AFTER = timedelta(days=1)


class Fate(StrEnum):
    """What becomes of a file now."""

    STAYS = "stays"
    BEGINS_TO_GO = "begins_to_go"
    IS_GOING = "is_going"
    IS_FORGOTTEN = "is_forgotten"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFile:
    """A kept file of which it was asked who names it; `going_at` is since when nobody does."""

    file_id: str
    going_at: datetime | None

    def fate(self, *, is_named: bool, now: datetime) -> Fate:
        """Return what becomes of it, now that it is known whether anybody names it."""
        if is_named:
            return Fate.STAYS
        if self.going_at is None:
            return Fate.BEGINS_TO_GO
        is_over = self.going_at <= now - GOES_AFTER
        return Fate.IS_FORGOTTEN if is_over else Fate.IS_GOING
