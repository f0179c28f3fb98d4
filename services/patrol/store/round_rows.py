"""A round and who walks it as rows of their tables, and back."""

from typing import Any

from services.patrol.domain.patrol_round import (
    PatrolRound,
    RoundPlace,
    RoundState,
    Stop,
    Verdict,
)
from services.patrol.domain.watch import Walker
from shared.kernel.personal_data import FreeText
from shared.kernel.place import AREA_LEVELS, NamedArea


def row_of_round(kept: PatrolRound) -> dict[str, Any]:
    """Return the round as a row of its table."""
    areas = {level: getattr(kept.place, level) for level in AREA_LEVELS}
    return {
        "id": kept.round_id,
        "kind": kept.kind,
        "title": kept.title,
        **{f"{level}_code": area and area.code for level, area in areas.items()},
        **{f"{level}_name": area and area.name for level, area in areas.items()},
        "stops": [_row_of_stop(stop) for stop in kept.stops],
        "points": len(kept.stops),
        "stop_cells": [stop.cell for stop in kept.stops],
        "officers": list(kept.officers),
        "planned_from": kept.planned_from,
        "planned_to": kept.planned_to,
        "least_minutes": kept.least_minutes,
        "check_in_minutes": kept.check_in_minutes,
        "planned_by": kept.planned_by,
        "planned_at": kept.planned_at,
        **changes_of_round(kept),
    }


def changes_of_round(kept: PatrolRound) -> dict[str, Any]:
    """Return what changes of a round after it was planned."""
    verdict = kept.verdict
    return {
        "state": kept.state.value,
        "updated_at": kept.updated_at,
        "started_at": kept.started_at,
        "finished_at": kept.finished_at,
        "cancel_reason": kept.cancel_reason,
        "is_valid": None if verdict is None else verdict.is_valid,
        "reasons": [] if verdict is None else list(verdict.reasons),
        "points_reached": 0 if verdict is None else verdict.points_reached,
    }


def _row_of_stop(stop: Stop) -> dict[str, Any]:
    return {
        "name": stop.name.plain,
        "lon": stop.lon,
        "lat": stop.lat,
        "radius_m": stop.radius_m,
        "stay_s": stop.stay_s,
        "cell": stop.cell,
    }


def round_of(row: Any) -> PatrolRound:
    """Return the round that a row of its table holds."""
    return PatrolRound(
        round_id=row.id,
        kind=row.kind,
        state=RoundState(row.state),
        title=row.title,
        place=place_of_round(row),
        officers=tuple(row.officers),
        stops=tuple(Stop(**(stop | {"name": FreeText(stop["name"])})) for stop in row.stops),
        planned_from=row.planned_from,
        planned_to=row.planned_to,
        least_minutes=row.least_minutes,
        check_in_minutes=row.check_in_minutes,
        planned_by=row.planned_by,
        planned_at=row.planned_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        cancel_reason=row.cancel_reason,
        verdict=None
        if row.is_valid is None
        else Verdict(
            is_valid=row.is_valid,
            reasons=tuple(row.reasons),
            points_reached=row.points_reached,
        ),
    )


def place_of_round(row: Any) -> RoundPlace:
    """Return where the round of a row lies."""
    return RoundPlace(**{level: _area(row, level) for level in AREA_LEVELS})


def _area(row: Any, level: str) -> NamedArea | None:
    code = getattr(row, f"{level}_code")
    return None if code is None else NamedArea(code=code, name=getattr(row, f"{level}_name"))


_OF_WALKER = (
    "round_id",
    "account",
    "is_out",
    "clock_offset_s",
    "last_heard_at",
    "last_check_in_at",
    "check_due_at",
    "silent_at",
)


def row_of_walker(walker: Walker) -> dict[str, Any]:
    """Return who walks as a row of its table."""
    return {name: getattr(walker, name) for name in _OF_WALKER}


def walker_of(row: Any) -> Walker:
    """Return who walks, as a row of its table holds him."""
    return Walker(**{name: getattr(row, name) for name in _OF_WALKER})
