"""What is told of without any statistics: who complains again and again, and signs of unrest."""

from collections.abc import Iterable
from datetime import datetime

from services.command.domain.matter import Matter
from services.command.domain.warning.finding import Finding, Kind, Watch

EARLY_SIGNS = "13"
"""信访苗头/群体性 (rules INC-02)."""


def repeat_complainants(
    groups: Iterable[tuple[str, ...]], watch: Watch, now: datetime
) -> list[Finding]:
    """Return a finding for each group of matters that one contact stands behind."""
    return [
        Finding(
            kind=Kind.REPEAT_COMPLAINANT,
            category=None,
            matter_nos=group,
            since=now - watch.repeats_within,
            until=now,
            figures={"count": float(len(group))},
        )
        for group in groups
        if len(group) >= watch.least_repeats
    ]


def early_signs(matters: Iterable[Matter], watch: Watch, now: datetime) -> list[Finding]:
    """Return a finding for each matter of category 13, those closed to some as well."""
    return [
        Finding(
            kind=Kind.EARLY_SIGN,
            category=matter.category,
            cells=(matter.place.cell.code,) if matter.place.cell else (),
            matter_nos=(matter.matter_no,),
            since=now - watch.hot_for,
            until=now,
            figures={"count": 1.0},
        )
        for matter in matters
    ]
