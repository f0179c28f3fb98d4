"""What of a matter can be found, by whom, and where in it a question's words stand."""

from dataclasses import dataclass
from typing import Any

from services.command.domain.matter import Matter
from services.command.domain.search_words import (
    Term,
    in_free_text,
    joined,
    plain,
    stands_in,
    words_of,
)
from shared.kernel.place import AREA_LEVELS

# No word of a text holds this sign: what somebody writes into a report cannot pass for a mark.
MARK = "@"
FREE_TEXTS = ("title", "description")
# The first digits of a UUIDv7 are its time: four are 50 days, five are 3 days.
SPANS = (5, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEntry:
    """A matter in the index; MARK stands where one field ends, and `marks` stand in no order.

    `texts` are words of what people wrote, which an index keeps blind; `names` those of number and
    places, which are nobody's secret.

    A mark is a place it lies under, so that an index answers for those who reach no other, or a
    span of time, so that an index answers for the newest alone.
    """

    subject_id: str
    matter_no: str
    texts: tuple[str, ...]
    names: tuple[str, ...]
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a page of the index holds: all terms, under a place, told before a matter."""

    terms: tuple[Term, ...]
    under: str | None
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A matter the index names."""

    subject_id: str
    matter_no: str


def entry_of(matter: Matter, description: str) -> SearchEntry:
    """Return what of a matter goes into the index: when it is reported, and when its text is forgotten."""
    fields = fields_of(matter.matter_no, matter.title, description, _areas(matter))
    names = [text for name, text in fields.items() if name not in FREE_TEXTS]
    return SearchEntry(
        subject_id=matter.subject_id,
        matter_no=matter.matter_no,
        texts=tuple(joined((fields[name] for name in FREE_TEXTS), MARK)),
        names=tuple(joined(names, MARK)),
        marks=(
            *(place_mark(code) for code in matter.place.codes),
            *(span_mark(matter.subject_id, digits) for digits in SPANS),
        ),
    )


def fields_of(
    matter_no: str, title: str, description: str, areas: dict[str, dict[str, str]]
) -> dict[str, str]:
    """Return the texts of a matter by the names that an answer calls them."""
    places = {
        f"place.{level}.{part}": areas[level][part]
        for level in AREA_LEVELS
        if level in areas
        for part in ("name", "code")
    }
    return {"title": title, "description": description, "matter_no": matter_no} | places


def matched_fields(terms: tuple[Term, ...], fields: dict[str, str]) -> list[str]:
    """Return the names of the fields in which one of the terms stands."""
    blind = tuple(map(in_free_text, terms))
    return [
        name
        for name, text in fields.items()
        if any(_holds(text, term) for term in (blind if name in FREE_TEXTS else terms))
    ]


def place_mark(code: str) -> str:
    """Return the mark of what lies under an area. Codes of the owner's own hold any sign."""
    is_plain = code.isascii() and code.isdigit()
    return f"{MARK}p{code}" if is_plain else f"{MARK}x{code.encode().hex()}"


def span_mark(subject_id: str, digits: int) -> str:
    return f"{MARK}{subject_id[:digits]}"


def _holds(text: str, term: Term) -> bool:
    compared = plain(text)
    # Most fields hold none of it, and cutting a text into words takes the time of ten looks.
    return all(word in compared for word in term.words) and stands_in(term, words_of(text))


def _areas(matter: Matter) -> dict[str, dict[str, str]]:
    areas: dict[str, Any] = {level: getattr(matter.place, level) for level in AREA_LEVELS}
    return {
        level: {"name": area.name, "code": area.code}
        for level, area in areas.items()
        if area is not None
    }
