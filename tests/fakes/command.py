"""What command's use cases need from outside, in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from services.command.domain.course import Course
from services.command.domain.heard import Heard
from services.command.domain.matter import Matter
from services.command.domain.search_entry import Hit, SearchEntry, Wanted, place_mark
from services.command.domain.search_words import Term, in_free_text, stands_in
from shared.contracts.incident_clocks import IncidentClock
from shared.kernel.compartment import Compartment


class FakeReadModels:
    """Matters and dossier entries in dictionaries; a row is a matter or an entry."""

    def __init__(self) -> None:
        self.matters: dict[str, Matter] = {}
        self.entries: dict[str, dict[str, Any]] = {}
        self.clocks: dict[tuple[str, int], IncidentClock] = {}
        self.courses: dict[str, Course] = {}

    def find(self, matter_no: str) -> Matter | None:
        return self.matters.get(matter_no)

    def put(self, matter: Matter, *, before: Matter | None) -> None:
        assert self.matters.get(matter.matter_no) == before
        self.matters[matter.matter_no] = matter

    def keep_clocks(self, matter: Matter, clocks: Sequence[IncidentClock]) -> None:
        self.clocks |= {(matter.matter_no, clock.number): clock for clock in clocks}

    def course(self, matter_no: str) -> Course | None:
        return self.courses.get(matter_no)

    def keep_course(self, course: Course) -> None:
        self.courses[course.matter_no] = course

    def enter(self, heard: Heard, *, matter_no: str, said: dict[str, Any]) -> None:
        assert heard.event_id not in self.entries
        self.entries[heard.event_id] = {"matter_no": matter_no, **said}

    def anonymise(self, matter_no: str) -> None:
        for entry in self.entries.values():
            if entry["matter_no"] == matter_no:
                entry |= {"by": None, "note": ""}

    def first_note(self, matter_no: str) -> str:
        notes = [e["note"] for e in self.entries.values() if e["matter_no"] == matter_no]
        return str(notes[0])

    def clear(self) -> None:
        self.matters.clear()
        self.entries.clear()
        self.clocks.clear()
        self.courses.clear()

    def fingerprints(self) -> set[tuple[str, bytes]]:
        return {
            (table, repr(row).encode())
            for table, rows in (("matter", self.matters), ("dossier_entry", self.entries))
            for row in rows.items()
        }


class FakeSearchIndex:
    """Entries in a list, looked through from the newest to the oldest."""

    def __init__(self) -> None:
        self.entries: list[SearchEntry] = []

    def enter(self, entry: SearchEntry) -> None:
        self.entries.append(entry)

    def forget(self, subject_id: str) -> None:
        self.entries = [entry for entry in self.entries if entry.subject_id != subject_id]

    def newest(self, wanted: Wanted, *, limit: int) -> list[Hit]:
        newest_first = sorted(self.entries, key=lambda entry: entry.subject_id, reverse=True)
        return [
            Hit(subject_id=entry.subject_id, matter_no=entry.matter_no)
            for entry in newest_first
            if all(_stands_in(term, entry) for term in wanted.terms)
            and (wanted.under is None or place_mark(wanted.under) in entry.marks)
            and (wanted.before is None or entry.subject_id < wanted.before)
        ][:limit]


def _stands_in(term: Term, entry: SearchEntry) -> bool:
    return stands_in(term, list(entry.names)) or stands_in(in_free_text(term), list(entry.texts))


class FakeLiveStream:
    def __init__(self) -> None:
        self.lines: list[tuple[str, tuple[str, ...], dict[str, Any]]] = []
        self.closed: dict[str | None, Compartment | None] = {}

    def append(
        self,
        *,
        topic: str,
        codes: tuple[str, ...],
        said: dict[str, Any],
        matter_no: str | None = None,
        compartment: Compartment | None = None,
    ) -> None:
        self.lines.append((topic, codes, said))
        self.closed[matter_no] = compartment

    def close_off(self, matter_no: str, compartment: Compartment | None) -> None:
        self.closed[matter_no] = compartment


class FakeRecords:
    """What was told, and how much of it had been taken."""

    def __init__(self, taken: list[Heard], under_way: list[Heard]) -> None:
        self._taken = taken
        self._under_way = under_way
        self.were_forgotten = False

    def forget_taken(self) -> None:
        self.were_forgotten = True

    def taken_again(self) -> Iterator[Heard]:
        assert self.were_forgotten
        yield from self._taken

    def not_yet_taken(self) -> Iterator[Heard]:
        assert self.were_forgotten
        yield from self._under_way


class FakeTransaction:
    """Counts the transactions that were opened."""

    def __init__(self) -> None:
        self.opened = 0

    @contextmanager
    def begin(self) -> Iterator[None]:
        self.opened += 1
        yield
