"""Searching in SQLite: a full-text table of words, in the order of time."""

from typing import Any

from sqlalchemy import text

from services.command.domain.search_entry import MARK, Hit, SearchEntry, Wanted, place_mark
from services.command.domain.search_words import Term
from services.command.store.blind_words import BlindWords
from shared.runtime.work import Work

# Rows are numbered by time, so that SQLite reads them in its order.
ROWS_A_MOMENT = 256
_ENTER = text(
    "INSERT INTO search_entry (rowid, subject_id, matter_no, words)"
    " SELECT coalesce(max(rowid) + 1, :first), :subject_id, :matter_no, :words"
    " FROM search_entry WHERE rowid BETWEEN :first AND :last"
)
_NEWEST = text(
    "SELECT subject_id, matter_no FROM search_entry"
    " WHERE search_entry MATCH :wanted AND rowid < :before ORDER BY rowid DESC LIMIT :limit"
)
_ROW = text(
    "SELECT rowid FROM search_entry"
    " WHERE rowid BETWEEN :first AND :last AND subject_id = :subject_id"
)
_FORGET = text(
    "DELETE FROM search_entry WHERE rowid BETWEEN :first AND :last AND subject_id = :subject_id"
)
_END = 2**63 - 1


class FtsSearchIndex:
    """The index in SQLite. It is read from its newest row on, until a page is full."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._blind = BlindWords(work.database.sealer)

    def enter(self, entry: SearchEntry) -> None:
        self._work.connection.execute(
            _ENTER,
            _rows_of(entry.subject_id)
            | {
                "subject_id": entry.subject_id,
                "matter_no": entry.matter_no,
                "words": " ".join(
                    (*self._blind.text(entry.texts), MARK, *entry.names, *entry.marks)
                ),
            },
        )

    def forget(self, subject_id: str) -> None:
        self._work.connection.execute(_FORGET, _rows_of(subject_id) | {"subject_id": subject_id})

    def newest(self, wanted: Wanted, *, limit: int) -> list[Hit]:
        """Return the newest matters that have what is wanted, the newest first."""
        asked = {
            "wanted": question_of(wanted, self._blind),
            "before": self._row_before(wanted),
            "limit": limit,
        }
        rows = self._work.connection.execute(_NEWEST, asked)
        return [Hit(subject_id=row.subject_id, matter_no=row.matter_no) for row in rows]

    def _row_before(self, wanted: Wanted) -> int:
        if wanted.before is None:
            return _END
        rows = _rows_of(wanted.before)
        row = self._work.connection.scalar(_ROW, rows | {"subject_id": wanted.before})
        return int(rows["first"] if row is None else row)


def _rows_of(subject_id: str) -> dict[str, Any]:
    """Return which rows are for the matters of the moment, a quarter of a microsecond, of an id."""
    first = int(subject_id[:8] + subject_id[9:13] + subject_id[15:18], 16) * ROWS_A_MOMENT
    return {"first": first, "last": first + ROWS_A_MOMENT - 1}


def question_of(wanted: Wanted, blind: BlindWords) -> str:
    """Return what is wanted in SQLite's words; a word holds no quote and a code's are spelt out."""
    phrases = [f"({_phrase(term)} OR {_phrase(blind.asked(term))})" for term in wanted.terms]
    if wanted.under is not None:
        phrases.append(f'"{place_mark(wanted.under)}"')
    return " AND ".join(phrases)


def _phrase(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.begins else "")
