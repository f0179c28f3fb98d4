"""Joint units, supervisions and a delay that is asked for: as columns of an incident's row, and as answers show them."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from services.patrol.domain.delay import AskedDelay
from services.patrol.domain.incident import Incident
from services.patrol.domain.joint import JointUnits
from services.patrol.domain.supervision import Asking, Supervisions
from shared.runtime.outbox import adapter

_ASKING = frozenset(kind.value for kind in Asking)


def lifecycle_row(incident: Incident) -> dict[str, Any]:
    """Return these parts of an incident as columns of its row."""
    return {
        "joint": to_jsonable_python(incident.joint),
        "supervisions": to_jsonable_python(incident.supervisions),
        "asked_delay": None if incident.asked is None else to_jsonable_python(incident.asked),
        "satisfaction": incident.satisfaction,
        "score": incident.score,
    }


def lifecycle_of(row: Any) -> dict[str, Any]:
    """Return what a row holds of them, by the names of an incident's fields."""
    asked = row.asked_delay
    return {
        "joint": adapter(JointUnits).validate_python(row.joint),
        "supervisions": adapter(Supervisions).validate_python(row.supervisions),
        "asked": None if asked is None else adapter(AskedDelay).validate_python(asked),
        "satisfaction": row.satisfaction,
        "score": row.score,
    }


def shown_lifecycle(row: Any) -> dict[str, Any]:
    """Return them as a list shows them, and at which desk the incident is now."""
    asked = row.asked_delay
    return {
        "desk": {
            "level": row.level,
            "code": getattr(row, f"{row.level}_code", None),
            "name": getattr(row, f"{row.level}_name", None),
        },
        "joint": row.joint,
        "supervisions": [{**each, "due_at": None} for each in row.supervisions],
        # Who asked for it is in its step.
        "asked_delay": asked and {name: value for name, value in asked.items() if name != "by"},
        "satisfaction": row.satisfaction,
        "score": row.score,
    }


def add_due(shown: dict[str, Any]) -> None:
    """Put into the supervisions of a shown incident when its shown clocks have them due."""
    due = {clock["number"]: clock["due_current"] for clock in shown["clocks"]}
    for each in shown["supervisions"]:
        each["due_at"] = due.get(each["clock"])


def add_asked_and_answered(shown: dict[str, Any]) -> None:
    """Put into the supervisions of a shown incident who asked and why, and what was answered, from its steps."""
    steps: Iterable[Mapping[str, Any]] = shown["steps"]
    asked = {step["number"]: step for step in steps if step["step"] in _ASKING}
    answers = {
        number: step for step in steps if step["step"] == "answer" for number in step["numbers"]
    }
    for each in shown["supervisions"]:
        question, answer = asked.get(each["number"]), answers.get(each["number"])
        each["by"] = question and question["by"]
        each["reason"] = question and question["note"]
        each["answer"] = answer and {name: answer[name] for name in ("at", "by", "note", "files")}
