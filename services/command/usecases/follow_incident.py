"""Command hears of an incident and brings its picture up to date."""

from dataclasses import dataclass
from typing import Any

from services.command.domain.heard import Heard
from services.command.domain.matter import Matter, moved_by, opened_by
from services.command.domain.search_entry import entry_of
from services.command.ports import LiveStream, ReadModels, SearchIndex
from shared.contracts.patrol import IncidentReported, IncidentStepTaken
from shared.kernel.personal_data import plain


@dataclass(frozen=True, slots=True)
class FollowIncident:
    models: ReadModels
    search: SearchIndex
    stream: LiveStream | None

    def __call__(self, heard: Heard) -> None:
        """Write the matter, its dossier, its boards, what finds it, and the line consoles see.

        Events of one incident come in their order; the inbox sees to that.
        """
        told = heard.told
        if isinstance(told, IncidentReported):
            before, after, said = None, opened_by(told), _reported(told)
            self.search.enter(entry_of(after, told.personal.description))
        elif isinstance(told, IncidentStepTaken):
            before = self.models.find(told.matter_no)
            if before is None:
                raise LookupError(f"step {heard.sequence} of a matter never reported")
            after, said = moved_by(before, told), _moved(told)
        else:
            raise TypeError(f"{heard.event_type} is not about an incident")
        self.models.put(after, before=before)
        self.models.enter(heard, matter_no=after.matter_no, said=said)
        if self.stream is not None:
            line = _line(heard, before, after)
            self.stream.append(topic="incident", codes=after.counted_under, said=line)


def _reported(told: IncidentReported) -> dict[str, Any]:
    return {
        "at": told.reported_at,
        "by": told.reported_by,
        "from_state": None,
        "state": told.state,
        "unit": None,
        "note": plain(told.personal.description),
        "files": [],
    }


def _moved(told: IncidentStepTaken) -> dict[str, Any]:
    return {
        "at": told.at,
        "by": told.by,
        "from_state": told.from_state,
        "state": told.state,
        "unit": told.unit,
        "note": plain(told.personal.note),
        "files": told.files,
    }


def _line(heard: Heard, before: Matter | None, after: Matter) -> dict[str, Any]:
    """Return what a console shows of the event; free text stays out, it may name people."""
    return {
        "event_type": heard.event_type,
        "sequence": heard.sequence,
        "matter_no": after.matter_no,
        "incident_id": after.subject_id,
        "from_state": before.state if before else None,
        "state": after.state,
        "level": after.level,
        "category": after.category,
        "severity": after.severity,
        "lon": after.lon,
        "lat": after.lat,
        "place": after.place,
        "at": after.updated_at,
    }
