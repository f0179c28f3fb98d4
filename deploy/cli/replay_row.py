"""A CSV row of somebody else's as a report of an incident."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from deploy.cli.csv_table import Row
from deploy.cli.degrees import CellsWrong, degrees_of, number_of
from deploy.cli.mapping import ISO, Flag, Lookup, Mapping, ObservedAt
from shared.kernel.errors import FieldError

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 5000
_LONGEST_KEY = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is sent for a row: the body under its key; `expected` is the area its owner recorded."""

    row: int
    row_key: str
    key: str
    body: dict[str, Any]
    expected: str | None


class Reader:
    """Makes reports of the rows under *header*."""

    def __init__(self, mapping: Mapping, header: Sequence[str]) -> None:
        self._mapping = mapping
        self._names = [name.strip() for name in header]

    def report_of(self, row: Row) -> Report | None:
        """Return the report of a row, or None for one the mapping passes over.

        Raises:
            CellsWrong: with an error for each column that cannot be used.
        """
        if row.errors:
            raise CellsWrong(row.errors)
        cells = dict(zip(self._names, row.cells, strict=True))
        mapping = self._mapping
        if any(not cells[name].strip() for name in mapping.skip_when_empty):
            return None
        row_key = cells[mapping.key].strip()
        body, errors = _body(mapping, cells)
        if not row_key:
            errors.append(_wrong(mapping.key, "empty", "行的键为空", "the row's key is empty"))
        if errors:
            raise CellsWrong(errors)
        expected = cells[mapping.expected_area.column].strip() if mapping.expected_area else ""
        return Report(
            row=row.number,
            row_key=row_key,
            key=idempotency_key(mapping.name, row_key),
            body=body,
            expected=expected or None,
        )


def idempotency_key(name: str, row_key: str) -> str:
    """Return the key of a row; one a header cannot carry is replaced by its digest."""
    key = f"replay:{name}:{row_key}"
    if len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable():
        return key
    return f"replay:{name}:sha256-{hashlib.sha256(row_key.encode()).hexdigest()}"


def _body(mapping: Mapping, cells: dict[str, str]) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the body, and an error for each field that could not be made."""
    parts: dict[str, Callable[[], Any]] = {
        "category": lambda: _looked_up(mapping.category, cells),
        "title": lambda: _title(mapping, cells),
        "description": lambda: _description(mapping, cells),
        "location": lambda: _location(mapping, cells),
        "severity": lambda: _looked_up(mapping.severity, cells),
        "source": lambda: _looked_up(mapping.source, cells),
        "anonymous": lambda: _flag(mapping.anonymous, cells),
        "accept_outside": lambda: mapping.accept_outside,
    }
    if mapping.observed_at is not None:
        observed_at = mapping.observed_at
        parts["observed_at"] = lambda: _instant(observed_at, cells[observed_at.column])
    body: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, made in parts.items():
        try:
            body[name] = made()
        except CellsWrong as wrong:
            errors += wrong.errors
    return body, errors


def _looked_up(lookup: Lookup, cells: dict[str, str]) -> str:
    text = cells[lookup.column].strip() if lookup.column else ""
    found = lookup.values.get(text, lookup.default)
    if found is None:
        raise CellsWrong(
            [
                _wrong(
                    lookup.column or "",
                    "not_in_mapping",
                    f"映射文件的 values 中没有“{_short(text)}”，也没有 default",
                    f'the mapping\'s values do not list "{_short(text)}", and there is no default',
                )
            ]
        )
    return found


def _title(mapping: Mapping, cells: dict[str, str]) -> str:
    title = _cut(mapping.title.filled(cells), LONGEST_TITLE)
    if not title:
        columns = ", ".join(mapping.title.columns)
        raise CellsWrong([_wrong(columns, "empty", "标题为空", "the title comes out empty")])
    return title


def _description(mapping: Mapping, cells: dict[str, str]) -> str:
    if mapping.description is None:
        return ""
    return _cut(mapping.description.filled(cells), LONGEST_DESCRIPTION)


def _location(mapping: Mapping, cells: dict[str, str]) -> dict[str, Any]:
    where = mapping.location
    lon, lat = degrees_of((where.lon, cells[where.lon]), (where.lat, cells[where.lat]))
    location: dict[str, Any] = {"lon": lon, "lat": lat, "crs": where.crs.value}
    if where.accuracy_m and cells[where.accuracy_m].strip():
        location["accuracy_m"] = number_of(where.accuracy_m, cells[where.accuracy_m])
    return location


def _flag(flag: Flag, cells: dict[str, str]) -> bool:
    return flag.always if flag.column is None else cells[flag.column].strip() in flag.true_when


def _instant(wanted: ObservedAt, text: str) -> str:
    text = text.strip()
    try:
        if wanted.format == ISO:
            moment = datetime.fromisoformat(text)
        else:
            moment = datetime.strptime(text, wanted.format)  # noqa: DTZ007 – the zone follows
        if moment.tzinfo is None and wanted.zone is not None:
            moment = moment.replace(tzinfo=ZoneInfo(wanted.zone))
    except ValueError:
        moment = None
    if moment is None:
        raise _wrong_time(
            wanted,
            f"“{_short(text)}”不合时间格式 {wanted.format}",
            f'"{_short(text)}" is no time of the format {wanted.format}',
        )
    if moment.tzinfo is None:
        raise _wrong_time(
            wanted,
            f"“{_short(text)}”没有时区；请在映射文件中给出 zone",
            f'"{_short(text)}" has no offset; give a zone in the mapping',
        )
    return moment.isoformat()


def _wrong_time(wanted: ObservedAt, zh: str, en: str) -> CellsWrong:
    return CellsWrong([_wrong(wanted.column, "time", zh, en)])


def _wrong(column: str, code: str, zh: str, en: str) -> FieldError:
    return FieldError(field=column, code=code, zh=zh, en=en)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
