"""What a check of a boundary set found, so that a person can look at the place and mend it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: an error forbids activation, a warning must be accepted, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: what, where, how large, and in both languages what to do.

    `feature` counts from 1 within `file`; `lon` and `lat` are WGS-84 degrees.
    """

    kind: str
    severity: Severity
    zh: str
    en: str
    level: str | None = None
    codes: tuple[str, ...] = ()
    file: str | None = None
    feature: int | None = None
    lon: float | None = None
    lat: float | None = None
    area_m2: float | None = None
