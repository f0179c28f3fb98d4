"""What command's use cases need from outside."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from services.command.domain.heard import Heard
from services.command.domain.matter import Matter
from services.command.domain.search_entry import Hit, SearchEntry, Wanted
from shared.kernel.compartment import Compartment


class ReadModels(Protocol):
    """The tables made from what was heard; every row follows from events alone."""

    def find(self, matter_no: str) -> Matter | None: ...

    def put(self, matter: Matter, *, before: Matter | None) -> None:
        """Write the matter, and move it on every board it counts on."""
        ...

    def enter(self, heard: Heard, *, matter_no: str, said: dict[str, Any]) -> None:
        """Append an event to the dossier of its matter."""
        ...

    def anonymise(self, matter_no: str) -> None:
        """Leave of a matter and its dossier neither text nor names."""
        ...

    def first_note(self, matter_no: str) -> str:
        """Return the text with which a matter was reported."""
        ...

    def clear(self) -> None: ...

    def fingerprints(self) -> set[tuple[str, bytes]]:
        """Return a digest of every row with its table's name, to compare two states."""
        ...


class SearchIndex(Protocol):
    """What of the matters can be found; it is one of the read models."""

    def enter(self, entry: SearchEntry) -> None: ...

    def forget(self, subject_id: str) -> None:
        """Let the matter be found no more."""
        ...

    def newest(self, wanted: Wanted, *, limit: int) -> list[Hit]:
        """Return the newest matters that have what is wanted, the newest first."""
        ...


class LiveStream(Protocol):
    """What consoles watch; kept a while so that a client may resume."""

    def append(
        self,
        *,
        topic: str,
        codes: tuple[str, ...],
        said: dict[str, Any],
        matter_no: str | None = None,
        compartment: Compartment | None = None,
    ) -> None:
        """Add a line; one about a matter is for those alone to whom the matter is open."""
        ...

    def close_off(self, matter_no: str, compartment: Compartment | None) -> None:
        """Let all lines about a matter be seen by those alone to whom it is open now."""
        ...


class Records(Protocol):
    """What the services have told, from the first event on."""

    def forget_taken(self) -> None:
        """Forget which events were taken, so that each is taken again; others wait until then."""
        ...

    def taken_again(self) -> Iterator[Heard]:
        """Yield what had been taken, once, in the order of its aggregate, entering it anew."""
        ...

    def not_yet_taken(self) -> Iterator[Heard]:
        """Yield what was told and has not come yet, in that order, entering it as taken."""
        ...


class Transaction(Protocol):
    """What is written inside is kept whole or not at all."""

    def begin(self) -> AbstractContextManager[None]: ...
