"""What somebody else's CSV columns mean to us: the mapping file of `wangge replay-csv`, as read."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.kernel.coordinates import Crs

ISO = "iso"
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

Column = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class _Strict(BaseModel):
    """A part of a mapping: what it does not know is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Template(_Strict):
    """A text with columns in braces, such as "{RequestType}: {Address}"; a doubled brace is itself."""

    text: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        for match in _PLACEHOLDER.finditer(self.text):
            if match[0] in "{}" or match[1] == "":
                raise PydanticCustomError(
                    "template", 'write a column as {Name}, and a brace itself as "{{" or "}}"'
                )
        return self

    @property
    def columns(self) -> list[str]:
        return [match[1] for match in _PLACEHOLDER.finditer(self.text) if match[1]]

    def filled(self, row: dict[str, str]) -> str:
        """Return the text with the row's cells; what an empty cell leaves open is closed up."""

        def cell(match: re.Match[str]) -> str:
            return row[match[1]].strip() if match[1] else match[0][0]

        return re.sub(r"[ \t]+", " ", _PLACEHOLDER.sub(cell, self.text)).strip()


def _as(name: str) -> BeforeValidator:
    """Let a plain text stand for a part of which only *name* is given."""
    return BeforeValidator(lambda given: {name: given} if isinstance(given, str) else given)


class Lookup(_Strict):
    """A word of ours by a cell's text; `default` for a text that is not listed, or without a column."""

    column: Column | None = None
    values: dict[str, Word] = Field(default_factory=dict)
    default: Word | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.column is None and (self.values or self.default is None):
            raise PydanticCustomError("lookup", "name a column with values, or a default, or both")
        return self


class Location(_Strict):
    """The columns with the point, in degrees of `crs`; the accuracy, in metres, where one has it."""

    lon: Column
    lat: Column
    crs: Crs = Crs.WGS84
    accuracy_m: Column | None = None


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise PydanticCustomError(
            "time_zone", "no such time zone; write one like Asia/Shanghai"
        ) from None
    return name


class ObservedAt(_Strict):
    """The column with the time: `format` is Python's (`strptime`), or "iso"; `zone` is where it holds."""

    column: Column
    format: str = ISO
    zone: Annotated[str, AfterValidator(_known_zone)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.zone is None and self.format != ISO and "%z" not in self.format:
            raise PydanticCustomError("time_zone", "give the zone the times are in")
        if self.format != ISO:
            self._try_format()
        return self

    def _try_format(self) -> None:
        try:
            sample = datetime(2017, 12, 31, tzinfo=UTC).strftime(self.format)
            datetime.strptime(sample, self.format)  # noqa: DTZ007 – only the format is tried
        except (ValueError, re.error):
            raise PydanticCustomError(
                "time_format", "no format of a time; write one like %Y-%m-%d %H:%M:%S, or iso"
            ) from None


class Flag(_Strict):
    """Yes or no: the same for all rows, or by a cell's text."""

    always: bool = False
    column: Column | None = None
    true_when: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.column is None) != (not self.true_when) or (self.always and self.column):
            raise PydanticCustomError("flag", "give true or false, or a column with true_when")
        return self


class ExpectedArea(_Strict):
    """The column in which the owner recorded the area, to compare with the answer's code."""

    column: Column
    level: Literal["cell", "community", "street", "district"] = "cell"


class Mapping(_Strict):
    """How a CSV row becomes a report of an incident (`POST /incidents`).

    `name` and the cell of `key` make the row's Idempotency-Key: neither may change between the runs
    of one replay.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
    key: Column
    location: Location
    category: Annotated[Lookup, _as("default")]
    title: Annotated[Template, _as("text")]
    description: Annotated[Template, _as("text")] | None = None
    observed_at: ObservedAt | None = None
    severity: Annotated[Lookup, _as("default")] = Lookup(default="L3")
    source: Annotated[Lookup, _as("default")] = Lookup(default="citizen")
    anonymous: Annotated[Flag, _as("always")] = Flag()
    accept_outside: bool = False
    skip_when_empty: list[Column] = Field(default_factory=list)
    expected_area: ExpectedArea | None = None

    def columns(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield each column the mapping names, with the path of the field that names it."""
        yield ("key",), self.key
        yield from (
            (("skip_when_empty", place), name) for place, name in enumerate(self.skip_when_empty)
        )
        for field in (
            "location",
            "category",
            "severity",
            "source",
            "observed_at",
            "anonymous",
            "expected_area",
        ):
            yield from _columns_of(field, getattr(self, field))
        for field in ("title", "description"):
            template: Template | None = getattr(self, field)
            yield from (((field,), name) for name in (template.columns if template else ()))


def _columns_of(field: str, part: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    names = ("lon", "lat", "accuracy_m") if isinstance(part, Location) else ("column",)
    for name in names:
        if column := getattr(part, name, None):
            yield (field, name), column
