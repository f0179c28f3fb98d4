"""One level of a boundary set as a file gives it, before anything in it is believed."""

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from services.grid.domain.area import Level
from services.grid.domain.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFeature:
    """One feature; `number` counts from 1 within the file.

    `outline` is in WGS-84 degrees, longitude first, two-dimensional; it may be of any type, invalid,
    empty or absent.
    """

    number: int
    code: str | None
    name: str | None
    parent: str | None
    outline: BaseGeometry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLayer:
    """The features of one level and what the reading of their file found."""

    file: str
    level: Level
    features: tuple[SourceFeature, ...]
    findings: tuple[Finding, ...] = ()
