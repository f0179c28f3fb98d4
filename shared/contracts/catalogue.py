"""The catalogue of categories as data: what an administrator brings, and what the others hear of it (rules INC-01, INC-02)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, ClassVar

from annotated_types import MaxLen, MinLen

from shared.contracts.event import event, unheard

MOST_ENTRIES = 5_000
CategoryCode = Annotated[str, MinLen(1), MaxLen(16)]
CategoryName = Annotated[str, MinLen(1), MaxLen(100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One category; `parent` is the code of the one above it, `owner` the unit such a matter goes to.

    `sensitivity` is none, personal, restricted or strict.
    """

    code: CategoryCode
    zh: CategoryName
    en: CategoryName
    owner: Annotated[str, MinLen(1), MaxLen(64)]
    sensitivity: Annotated[str, MaxLen(16)] = "none"
    parent: CategoryCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueImport:
    """A whole catalogue (`POST /catalogue`), as `entries` or as the text of a CSV file, and where it comes from.

    The file has the columns code, zh, en, owner, sensitivity and parent; the last two may be missing.
    """

    source: Annotated[str, MinLen(1), MaxLen(200)]
    entries: Annotated[list[CatalogueEntry], MaxLen(MOST_ENTRIES)] = field(default_factory=list)
    csv: Annotated[str, MaxLen(900_000)] = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueActivation:
    """From which day a draft is in force (`POST /catalogue/{version}/activate`); today without one."""

    effective_on: date | None = None


@event
@unheard
@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueActivated:
    """A version of the catalogue is in force from a day on (类别目录启用).

    What was reported before keeps the version it was reported under. `catalogue` is `catalogue-<version>`.
    """

    event_type: ClassVar[str] = "patrol.catalogue.activated.v1"
    aggregate: ClassVar[str] = "catalogue"

    catalogue: str
    version: int
    source: str
    effective_on: date
    entries: list[CatalogueEntry]
    activated_at: datetime
    activated_by: str
