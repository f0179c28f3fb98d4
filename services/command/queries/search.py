"""Searching: which matters hold what is asked for, of those the actor reaches."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from services.command.domain.search_entry import Hit, Wanted, fields_of, matched_fields
from services.command.domain.search_words import Term, terms_of
from services.command.ports import SearchIndex
from services.command.queries.read_models import shown_matter
from services.command.store.read_models import matter_of
from services.command.store.tables import dossier_table, matter_table
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.ids import is_id
from shared.kernel.matter_no import meant_matter_no
from shared.kernel.place import AREA_LEVELS
from shared.kernel.rights import Permission
from shared.runtime.cursor import cursor_of, keys_of, not_ours, page_size


def search(
    connection: Connection,
    index: SearchIndex,
    question: str,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Return a page of the matters that hold what is asked for, newest first.

    One whose number is asked for comes before all others. Each says in which fields it matched.
    """
    size = page_size(limit)
    terms = terms_of(question)
    before = None if cursor is None else _reached(cursor)
    number = meant_matter_no(question)
    named = [] if number is None or cursor is not None else _named(connection, number, actor)
    # One more tells whether there is a next page, another makes up for the one already named.
    found = _newest(index, terms, before, actor, size + 2)
    others = [hit for hit in found if hit.matter_no != number]
    room = size - len(named)
    shown = others[:room]
    reached = shown[-1].subject_id if shown else ""
    return {
        "items": named + _found(connection, shown, terms),
        "next_cursor": cursor_of(reached) if len(others) > room else None,
    }


def _newest(
    index: SearchIndex, terms: tuple[Term, ...], before: str | None, actor: Actor, limit: int
) -> list[Hit]:
    """Return the newest matters under any of the actor's places; the index knows of no closed ones."""
    pages = [
        index.newest(
            Wanted(terms=terms, under=None if place == WHOLE_TREE else place, before=before),
            limit=limit,
        )
        for place in actor.places(Permission.MATTER_READ)
    ]
    if len(pages) == 1:
        return pages[0]
    found = {hit.subject_id: hit for page in pages for hit in page}
    return [found[subject_id] for subject_id in sorted(found, reverse=True)[:limit]]


def _reached(cursor: str) -> str | None:
    """Return the id at which the last page ended, or None when it held the matter named alone."""
    [reached] = keys_of(cursor, 1)
    if reached == "":
        return None
    if not is_id(reached):
        raise not_ours()
    return str(reached)


def _named(connection: Connection, number: str, actor: Actor) -> list[dict[str, Any]]:
    rows = connection.execute(select(matter_table).where(matter_table.c.matter_no == number))
    return [
        {**shown_matter(row), "matched": ["matter_no"]}
        for row in rows
        if matter_of(row).may_be_known_to(actor, Permission.MATTER_READ)
    ]


def _found(
    connection: Connection, hits: Sequence[Hit], terms: tuple[Term, ...]
) -> list[dict[str, Any]]:
    """Return what the index names, as it stands now."""
    numbers = [hit.matter_no for hit in hits]
    matters = {
        row.matter_no: row
        for row in connection.execute(
            select(matter_table).where(matter_table.c.matter_no.in_(numbers))
        )
    }
    first_entries = select(dossier_table.c.matter_no, dossier_table.c.said).where(
        dossier_table.c.matter_no.in_(numbers), dossier_table.c.sequence == 1
    )
    descriptions = {
        entry.matter_no: entry.said["note"] for entry in connection.execute(first_entries)
    }
    return [
        {**shown_matter(matters[number]), "matched": _matched(matters[number], descriptions, terms)}
        for number in numbers
    ]


def _matched(row: Any, descriptions: dict[str, str], terms: tuple[Term, ...]) -> list[str]:
    areas = {level: row.place[level] for level in AREA_LEVELS if row.place[level] is not None}
    fields = fields_of(row.matter_no, row.title, descriptions[row.matter_no], areas)
    return matched_fields(terms, fields)
