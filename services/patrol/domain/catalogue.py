"""Whether a catalogue of categories holds together, and from which day one may be in force."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.catalogue import CatalogueEntry
from shared.kernel.errors import FieldError, Invalid, RuleBroken

SENSITIVITIES = ("none", "personal", "restricted", "strict")
# The first level, and two under each (rules INC-02).
MOST_LEVELS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueVersion:
    """One version of the catalogue; without a day it is a draft."""

    version: int
    source: str
    entries: tuple[CatalogueEntry, ...]
    effective_on: date | None = None


def check(entries: Sequence[CatalogueEntry]) -> None:
    """Refuse a catalogue that does not hold together.

    Raises:
        Invalid: with every finding at once, each by the number of its entry.
    """
    errors = tuple(_findings(entries))
    if errors:
        raise Invalid(
            code="invalid",
            zh="类别目录不合要求，详见 errors。",
            en="The catalogue does not hold together; see errors.",
            errors=errors,
        )


def check_day(known: CatalogueVersion, effective_on: date, today: date) -> None:
    """Refuse a day on which a version cannot come into force.

    Raises:
        RuleBroken: it is no draft any more.
        Invalid: the day is over.
    """
    if known.effective_on is not None:
        raise RuleBroken(
            code="not_a_draft",
            zh="该版本已启用；要更改请导入新版本。",
            en="This version was put in force before; import another one to change it.",
        )
    if effective_on < today:
        raise Invalid(
            code="invalid",
            zh="启用日期不得早于今天。",
            en="A catalogue comes into force today or later.",
            errors=(
                FieldError(
                    field="effective_on", code="in_the_past", zh="早于今天", en="lies in the past"
                ),
            ),
        )


def _findings(entries: Sequence[CatalogueEntry]) -> Iterator[FieldError]:
    if not entries:
        yield FieldError(
            field="entries", code="needed", zh="没有任何类别", en="there is no category"
        )
    times = Counter(entry.code for entry in entries)
    parents = {entry.code: entry.parent for entry in entries}
    for number, entry in enumerate(entries):
        for name, code, zh, en in _wrong_in(entry, times, parents):
            yield FieldError(field=f"entries.{number}.{name}", code=code, zh=zh, en=en)


def _wrong_in(
    entry: CatalogueEntry, times: Counter[str], parents: dict[str, str | None]
) -> Iterator[tuple[str, str, str, str]]:
    for name in ("code", "zh", "en", "owner"):
        text = getattr(entry, name)
        if not text.strip() or text != text.strip():
            yield name, "blank", "为空或首尾有空白", "is blank, or has blanks around it"
    if times[entry.code] > 1:
        yield "code", "twice", f"编码 {entry.code} 重复", f"the code {entry.code} is there twice"
    if entry.sensitivity not in SENSITIVITIES:
        known = ", ".join(SENSITIVITIES)
        yield "sensitivity", "unknown", f"应为 {known} 之一", f"has to be one of {known}"
    if entry.parent is not None and entry.parent not in parents:
        yield (
            "parent",
            "unknown",
            f"没有上级 {entry.parent}",
            f"there is no category {entry.parent}",
        )
    elif _level(entry.code, parents) > MOST_LEVELS:
        yield "parent", "too_deep", "至多三级，且不得循环", "three levels at most, and no circle"


def _level(code: str | None, parents: dict[str, str | None]) -> int:
    """Return at which level a code lies, from 1; a circle has no end, and lies below all."""
    level = 0
    while code is not None and level <= MOST_LEVELS:
        level, code = level + 1, parents.get(code)
    return level
