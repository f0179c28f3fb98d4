"""Searching in PostgreSQL: an inverted index over the words, asked for one span of time after another.

An inverted index gives all matters that hold a word, and a page is the newest fifty of them: at a
million matters that would be sorting thousands to show fifty. So the newest few hundred are looked
through as they are, which answers for common words; then the index is asked for the last days, the
last weeks, and everything. What is rare enough to need the next span is rare in it too.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from services.command.domain.search_entry import (
    MARK,
    SPANS,
    Hit,
    SearchEntry,
    Wanted,
    place_mark,
)
from services.command.domain.search_words import Term
from services.command.store.blind_words import BlindWords
from shared.runtime.work import Work

# Looking through so many takes about as long as asking the index once.
LOOKED_THROUGH = 500
_AFTER_EVERY_ID = "g"  # ids are written in hexadecimal

_ENTER = text(
    "INSERT INTO search_entry (subject_id, matter_no, words)"
    " VALUES (:subject_id, :matter_no, CAST(:words AS tsvector))"
)
_FORGET = text("DELETE FROM search_entry WHERE subject_id = :subject_id")
# The limit inside keeps the planner from taking another way than the one described.
_LOOK_THROUGH = text(
    "SELECT subject_id, matter_no FROM"
    " (SELECT subject_id, matter_no, words FROM search_entry"
    " WHERE subject_id < :before ORDER BY subject_id DESC LIMIT :looked_through) AS newest"
    " WHERE words @@ CAST(:wanted AS tsquery) LIMIT :limit"
)
_LOOKED_TO = text(
    "SELECT subject_id FROM search_entry WHERE subject_id < :before"
    " ORDER BY subject_id DESC OFFSET :looked_through - 1 LIMIT 1"
)
# Materialized, and ids compared as an expression: the primary key has no part in it, neither read
# backwards until enough are found nor to be intersected with what the words give.
_ASK_INDEX = text(
    "WITH found AS MATERIALIZED (SELECT subject_id, matter_no FROM search_entry"
    " WHERE words @@ CAST(:wanted AS tsquery)"
    " AND subject_id || '' >= :first AND subject_id || '' < :before)"
    " SELECT subject_id, matter_no FROM found ORDER BY subject_id DESC LIMIT :limit"
)


class GinSearchIndex:
    """The index in PostgreSQL."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._blind = BlindWords(work.database.sealer)
        self._entries: list[dict[str, str]] = []
        work.before_keep(self._write)

    def enter(self, entry: SearchEntry) -> None:
        self._entries.append(
            {
                "subject_id": entry.subject_id,
                "matter_no": entry.matter_no,
                "words": vector_of(entry, self._blind),
            }
        )

    def forget(self, subject_id: str) -> None:
        self._entries = [each for each in self._entries if each["subject_id"] != subject_id]
        self._work.connection.execute(_FORGET, {"subject_id": subject_id})

    def _write(self) -> None:
        if self._entries:
            self._work.connection.execute(_ENTER, self._entries)
            self._entries.clear()

    def newest(self, wanted: Wanted, *, limit: int) -> list[Hit]:
        """Return the newest matters that have what is wanted, the newest first."""
        question = question_of(wanted, self._blind)
        before = wanted.before or _AFTER_EVERY_ID
        among = {"before": before, "looked_through": LOOKED_THROUGH}
        found = self._hits(_LOOK_THROUGH, wanted=question, limit=limit, **among)
        if len(found) == limit:
            return found
        reached = self._work.connection.scalar(_LOOKED_TO, among)
        if reached is None:
            return found
        for first, marked in _spans(reached):
            found += self._hits(
                _ASK_INDEX,
                wanted=question + marked,
                first=first,
                before=reached,
                limit=limit - len(found),
            )
            if len(found) == limit:
                break
            reached = first
        return found

    def _hits(self, statement: Any, **asked: Any) -> list[Hit]:
        rows = self._work.connection.execute(statement, asked)
        return [Hit(subject_id=row.subject_id, matter_no=row.matter_no) for row in rows]


def vector_of(entry: SearchEntry, blind: BlindWords) -> str:
    """Return the words with their numbers as PostgreSQL writes them; the marks have no number."""
    numbers: dict[str, list[str]] = {}
    words_of_entry = (*blind.text(entry.texts), MARK, *entry.names)
    for number, word in enumerate(words_of_entry, start=1):
        if word != MARK:
            numbers.setdefault(word, []).append(str(number))
    words = [f"'{word}':{','.join(at)}" for word, at in numbers.items()]
    return " ".join((*words, *(f"'{mark}'" for mark in entry.marks)))


def question_of(wanted: Wanted, blind: BlindWords) -> str:
    """Return what is wanted in PostgreSQL's words; a word holds no quote and a code's are spelt out."""
    phrases = [f"({_phrase(term)} | {_phrase(blind.asked(term))})" for term in wanted.terms]
    if wanted.under is not None:
        phrases.append(f"'{place_mark(wanted.under)}'")
    return " & ".join(phrases)


def _phrase(term: Term) -> str:
    words = [f"'{word}'" for word in term.words]
    if term.begins:
        words[-1] += ":*"
    return f"({' <-> '.join(words)})"


def _spans(before: str) -> Iterator[tuple[str, str]]:
    """Yield spans of time from the newest on: the least id of each, and the marks it is asked by.

    A span is two marks long, so that it is never much shorter than one.
    """
    reached = before
    for digits in SPANS:
        last = int(reached[:digits].ljust(digits, "0"), 16)
        marks = [f"{number:0{digits}x}" for number in (last, last - 1) if number >= 0]
        reached = marks[-1]
        yield reached, " & (" + " | ".join(f"'{MARK}{mark}'" for mark in marks) + ")"
    yield "", ""
