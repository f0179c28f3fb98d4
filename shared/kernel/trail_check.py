"""What is wrong with an audit trail, found in one pass over its rows without keeping them.

A row that is not where it belongs may be one that was removed, inserted or swapped with another; which
of them shows only when the rest has been seen. So what is missing and what is astray is remembered,
up to a limit, and told at the end.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

from shared.kernel.audit_chain import BEGINNING, FIELDS, OPTIONAL, digest_of

Row = Mapping[str, Any]
Kind = Literal["changed", "removed", "inserted", "reordered", "made_anew", "cut_off"]
# A trail with more than this is no trail any more.
MOST_FLAWS = 1_000

_KINDS: dict[Kind, tuple[str, str]] = {
    "changed": (
        "摘要不符：本条被改动，或与前一条不相连",
        "its digest is another: it was changed, or does not follow the one before",
    ),
    "removed": ("此处有删除", "removed"),
    "inserted": ("此处有插入的记录", "a row was inserted here"),
    "reordered": ("与别处的记录调换了位置", "it stands in another place: reordered"),
    "made_anew": (
        "与另存的摘要不符：自上一锚点以后的链被重做",
        "its digest is not the one noted elsewhere: the chain was made anew since the anchor before",
    ),
    "cut_off": (
        "另存的摘要有此条，此处没有：末尾被截去",
        "it was noted elsewhere and is not here: the end was cut off",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong at one place of a trail; *number* is that of the row, *last* of a span's last."""

    number: int
    kind: Kind
    last: int | None = None

    @property
    def zh(self) -> str:
        return f"{self._zh_span}{_KINDS[self.kind][0]}"

    @property
    def en(self) -> str:
        return f"{self._en_span}{_KINDS[self.kind][1]}"

    @property
    def _zh_span(self) -> str:
        return "" if self.last in (None, self.number) else f"至 {self.last}："

    @property
    def _en_span(self) -> str:
        return "" if self.last in (None, self.number) else f"to {self.last}: "


def flaws(
    rows: Iterable[Row],
    *,
    anchors: Mapping[int, str] | None = None,
    after: tuple[int, str] = (0, BEGINNING),
) -> Iterator[Flaw]:
    """Yield what is wrong with a trail, in the order of its rows.

    *anchors* are digests by number that were noted elsewhere; *after* are number and digest of the
    row before the first, when those before it lie in an archive.
    """
    check = TrailCheck(anchors=anchors or {}, after=after)
    for _ in check.passing(rows):
        pass
    yield from check.flaws()


class TrailCheck:
    """One pass over a trail; `number` and `digest` are those of the last row that is in its place."""

    def __init__(self, *, anchors: Mapping[int, str], after: tuple[int, str]) -> None:
        self.number, digest = after
        self.digest: str | None = digest
        self.rows = 0
        self._anchors = {number: noted for number, noted in anchors.items() if number > self.number}
        self._found: list[Flaw] = []
        self._missing: list[tuple[int, int]] = []
        # By number: after which row each stands, and its digest.
        self._astray: dict[int, tuple[int, object]] = {}
        self.anchored = 0

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Look at each row and yield it; end early where nearly all is wrong."""
        for row, following in _with_next(rows):
            self.rows += 1
            self._look_at(row, following)
            yield row
            if len(self._found) + len(self._missing) + len(self._astray) > MOST_FLAWS:
                return

    def flaws(self) -> list[Flaw]:
        """Return what is wrong with what has passed."""
        found = [*self._found, *self._displaced()]
        cut = [number for number in self._anchors if number > self.number]
        found += [Flaw(number=number, kind="cut_off") for number in cut]
        return sorted(found, key=lambda flaw: flaw.number)

    def _look_at(self, row: Row, following: Row | None) -> None:
        due, number = self.number + 1, row.get("number")
        if number == due:
            self._take(row, due)
        elif self._is_renumbered(row, due):
            self._found.append(Flaw(number=due, kind="changed"))
            self._go_to(due, row)
        elif not _is_number(number) or number < due or _number_of(following) == due:
            self._put_astray(row, due)
        elif _number_of(following) == due + 1:
            self._put_astray(row, due)
            self._missing.append((due, due))
            self.number, self.digest = due, None
        else:
            self._missing.append((due, number - 1))
            self.digest = None
            self._take(row, number)

    def _take(self, row: Row, number: int) -> None:
        """Take a row that is in its place; what it follows may be missing."""
        if not _is_whole(row) or (
            self.digest is not None and row.get("digest") != _wanted(self.digest, row)
        ):
            self._found.append(Flaw(number=number, kind="changed"))
        self._go_to(number, row)

    def _go_to(self, number: int, row: Row) -> None:
        self.number, self.digest = number, str(row.get("digest"))
        noted = self._anchors.pop(number, None)
        if noted is not None:
            self.anchored = number
            if noted != self.digest:
                self._found.append(Flaw(number=number, kind="made_anew"))

    def _is_renumbered(self, row: Row, due: int) -> bool:
        """Tell whether a row is the one that is due, but for its number."""
        mended = {**row, "number": due}
        return self.digest is not None and row.get("digest") == _wanted(self.digest, mended)

    def _put_astray(self, row: Row, due: int) -> None:
        number = row.get("number")
        if _is_number(number):
            self._astray[number] = (due, row.get("digest"))
        else:
            self._found.append(Flaw(number=due, kind="inserted"))

    def _displaced(self) -> Iterator[Flaw]:
        """Yield what is missing, what is astray, and what is both and so was moved."""
        moved = {number for number in self._astray if self._is_missing(number)}
        for first, last in self._missing:
            of_span = sorted(number for number in moved if first <= number <= last)
            for number in of_span:
                yield Flaw(number=number, kind="reordered")
            yield from _gaps(first, last, of_span)
        for number, (due, _) in self._astray.items():
            if number not in moved:
                yield Flaw(number=due, kind="inserted")

    def _is_missing(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self._missing)


def _gaps(first: int, last: int, found: list[int]) -> Iterator[Flaw]:
    """Yield the spans from *first* to *last* that hold none of the numbers found."""
    for number in [*found, last + 1]:
        if number > first:
            yield Flaw(number=first, kind="removed", last=number - 1)
        first = number + 1


def _with_next(rows: Iterable[Row]) -> Iterator[tuple[Row, Row | None]]:
    here: Row | None = None
    for row in rows:
        if here is not None:
            yield here, row
        here = row
    if here is not None:
        yield here, None


def _is_number(number: object) -> TypeGuard[int]:
    return isinstance(number, int) and not isinstance(number, bool)


def _number_of(row: Row | None) -> object:
    return None if row is None else row.get("number")


def _is_whole(row: Row) -> bool:
    """Tell whether a row has the fields it must have and none that it cannot have."""
    optional = row.keys() - {*FIELDS, "digest"}
    return (
        len(row) == len(FIELDS) + 1 + len(optional)
        and optional <= set(OPTIONAL)
        and all(row[name] is not None for name in optional)
    )


def _wanted(previous: str, row: Row) -> str | None:
    """Return the digest a row has to have; None for what can be no row."""
    if not _is_whole(row):
        return None
    try:
        return digest_of(previous, row)
    except (ValueError, TypeError, KeyError):
        return None
