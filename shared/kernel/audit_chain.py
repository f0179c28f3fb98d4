"""The chain of an audit trail: each row's digest covers the row before it, so none can be changed unseen.

GB/T 22239-2019, 8.1.4.3: audit records are protected from being deleted, changed or overwritten. What
the chain alone cannot show is that its end was cut off or all of it made anew: for that the last
number and digest are noted elsewhere (`wangge audit head`), and compared.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Algorithm = Literal["sha256", "sm3"]
# What stands before the first row.
BEGINNING = "0" * 64
# All that a digest covers; in this order nowhere, the text is sorted.
FIELDS = (
    "number",
    "at",
    "account",
    "roles",
    "place_code",
    "call_id",
    "action",
    "about",
    "outcome",
    "algorithm",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong at one place of a trail."""

    number: int
    zh: str
    en: str


def digest_of(previous: str, row: Mapping[str, Any]) -> str:
    """Return the digest of a row, in hex: of the digest before it and its fields as sorted JSON.

    Raises:
        ValueError: the algorithm is none of ours.
    """
    covered = {name: row[name] for name in FIELDS}
    text = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if row["algorithm"] not in ("sha256", "sm3"):
        raise ValueError("unknown algorithm")
    # GB/T 32905-2016 (SM3) has the same length.
    return hashlib.new(row["algorithm"], f"{previous}\n{text}".encode()).hexdigest()


def flaws(
    rows: Iterable[Mapping[str, Any]], *, anchors: Mapping[int, str] | None = None
) -> Iterator[Flaw]:
    """Yield what is wrong with a whole trail, from its first row on.

    *anchors* are digests by number that were noted elsewhere.
    """
    known = dict(anchors or {})
    previous, number = BEGINNING, 0
    for row in rows:
        number += 1
        wanted = _wanted(previous, row)
        if row.get("number") != number:
            yield Flaw(
                number=number,
                zh=f"应为第 {number} 条，实为 {row.get('number')}：有删除、插入或调换",
                en=f"row {number} was expected and {row.get('number')} is there: removed, inserted or swapped",
            )
            number = row["number"] if isinstance(row.get("number"), int) else number
        elif row.get("digest") != wanted:
            yield Flaw(
                number=number,
                zh="摘要不符：本条被改动，或与前一条不相连",
                en="its digest is another: it was changed, or does not follow the one before",
            )
        previous = str(row.get("digest"))
        if known.pop(number, previous) != previous:
            yield Flaw(
                number=number,
                zh="与另存的摘要不符：整链被重做",
                en="its digest is not the one noted elsewhere: the chain was made anew",
            )
    for missing in sorted(known):
        yield Flaw(
            number=missing,
            zh=f"另存的摘要有第 {missing} 条，此处没有：末尾被截去",
            en=f"row {missing} was noted elsewhere and is not here: the end was cut off",
        )


def _wanted(previous: str, row: Mapping[str, Any]) -> str | None:
    """Return the digest a row has to have; None for what can be no row."""
    if row.keys() != {*FIELDS, "digest"}:
        return None
    try:
        return digest_of(previous, row)
    except (ValueError, TypeError):
        return None
