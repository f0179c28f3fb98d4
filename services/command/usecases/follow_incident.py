"""Command hears of an incident and brings its picture up to date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.command.domain.course import followed
from services.command.domain.heard import Heard
from services.command.domain.matter import Matter, anonymised, closed_off_by, moved_by, opened_by
from services.command.domain.search_entry import entry_of
from services.command.ports import LiveStream, ReadModels, SearchIndex
from shared.contracts.incident_clocks import IncidentClocksMoved
from shared.contracts.incident_steps import IncidentStepTaken, details_of
from shared.contracts.patrol import IncidentAnonymised, IncidentClosedOff, IncidentReported
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
            if after.compartment is None:
                self.search.enter(entry_of(after, told.personal.description))
        elif isinstance(told, IncidentStepTaken):
            before = self._known(heard, told.matter_no)
            after, said = moved_by(before, told), _moved(told)
        elif isinstance(told, IncidentClosedOff):
            before = self._known(heard, told.matter_no)
            after, said = closed_off_by(before, told), _noted(told.at, told.by)
            self._find_again(before, after)
        elif isinstance(told, IncidentClocksMoved):
            before = self._known(heard, told.matter_no)
            kinds = [clock.kind for clock in told.clocks]
            after, said = before, _noted(told.at, None) | {"kinds": kinds}
        elif isinstance(told, IncidentAnonymised):
            before = self._known(heard, told.matter_no)
            after, said = anonymised(before), _noted(told.at, None)
            self.models.anonymise(told.matter_no)
            self._find_without_text(after)
        else:
            raise TypeError(f"{heard.event_type} is not about an incident")
        self.models.put(after, before=before)
        self.models.keep_clocks(after, getattr(told, "clocks", ()))
        self._keep_course(heard, after)
        self.models.enter(heard, matter_no=after.matter_no, said=said)
        if self.stream is not None:
            _show(self.stream, heard, before, after)

    def _keep_course(self, heard: Heard, after: Matter) -> None:
        is_first = isinstance(heard.told, IncidentReported)
        course = followed(None if is_first else self.models.course(after.matter_no), heard.told)
        if course is not None:
            self.models.keep_course(course)

    def _known(self, heard: Heard, matter_no: str) -> Matter:
        known = self.models.find(matter_no)
        if known is None:
            raise LookupError(f"event {heard.sequence} of a matter never reported")
        return known

    def _find_without_text(self, after: Matter) -> None:
        if after.compartment is None:
            self.search.forget(after.subject_id)
            self.search.enter(entry_of(after, ""))

    def _find_again(self, before: Matter, after: Matter) -> None:
        """Let the index hold what is open to all; what is closed to some is found by its number."""
        if after.compartment is not None:
            self.search.forget(after.subject_id)
        elif before.compartment is not None:
            description = self.models.first_note(after.matter_no)
            self.search.enter(entry_of(after, description))


def _show(stream: LiveStream, heard: Heard, before: Matter | None, after: Matter) -> None:
    if isinstance(heard.told, IncidentClosedOff):
        stream.close_off(after.matter_no, after.compartment)
        return
    if isinstance(heard.told, IncidentAnonymised):
        return  # no line of the stream has text, and none is that old
    stream.append(
        topic="incident",
        codes=after.counted_under,
        said=_line(heard, before, after),
        matter_no=after.matter_no,
        compartment=after.compartment,
    )


def _reported(told: IncidentReported) -> dict[str, Any]:
    return {
        "at": told.reported_at,
        "by": told.reported_by,
        "from_state": None,
        "state": told.state,
        "unit": None,
        "note": plain(told.personal.description),
        "files": [],
        **({} if told.routing is None else {"routing": told.routing}),
    }


def _moved(told: IncidentStepTaken) -> dict[str, Any]:
    return {
        "at": told.at,
        "by": told.by or None,
        "from_state": told.from_state,
        "state": told.state,
        "unit": told.unit,
        "note": plain(told.personal.note),
        "files": told.files,
        **details_of(told),
    }


def _noted(at: datetime, by: str | None) -> dict[str, Any]:
    return {
        "at": at,
        "by": by or None,
        "from_state": None,
        "state": None,
        "unit": None,
        "note": "",
        "files": [],
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
