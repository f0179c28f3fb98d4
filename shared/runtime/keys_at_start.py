"""Whether there are keys, and those that a database was sealed with, seen before anything begins.

A service that made itself keys would seal what no other one opens, and nobody would know before the
first event. So one keyring alone is ever made without being asked for: that of a new platform, in
its data folder, by the first migration.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson
from sqlalchemy import ColumnClause, Connection, MetaData, column, inspect, select, table

from shared.runtime.keyring import KeyFile, KeyMissing, KeyringUnusable
from shared.runtime.resealing import SealedTable, sealed_tables
from shared.runtime.sealing import MARKS, PERSONAL, sealer_of
from shared.runtime.settings import Settings

# Of the newest events some have no personal part.
LOOKED_AT = 100
_SEALED_TEXT = re.compile(r"[12]\.([a-z0-9-]{1,16})\.")


def check_keys(settings: Settings) -> None:
    """See that the keys can be read.

    Raises:
        KeyringUnusable: they cannot; `KeyringMissing` where there is no file.
    """
    _ = sealer_of(settings).keyring.keys


def have_keys(settings: Settings, connection: Connection, metadata: MetaData) -> None:
    """See that there are the keys of what a database holds; a new platform gets its first one.

    Raises:
        KeyringUnusable: there are none, or others than those.
    """
    sealed_with = _newest_keys(connection, metadata)
    is_default = settings.keyring is None and settings.keyring_command is None
    if is_default and not sealed_with:
        KeyFile(settings.keyring_file).make()
    keyring = sealer_of(settings).keyring
    _ = keyring.keys
    for key_id in sealed_with:
        try:
            keyring.secret(key_id)
        except KeyMissing:
            raise _another_platforms(settings, key_id) from None


def _another_platforms(settings: Settings, key_id: str) -> KeyringUnusable:
    where = "WANGGE_KEYRING_COMMAND" if settings.keyring_command else str(settings.keyring_file)
    return KeyringUnusable(
        f"The database holds data sealed with key {key_id}, which {where} does not hold: bring back the "
        "keyring that belongs to it. · "
        f"数据库中的数据以密钥 {key_id} 加密，而 {where} 中没有这把密钥：请恢复与该数据库配套的密钥库。"
    )


def _newest_keys(connection: Connection, metadata: MetaData) -> set[str]:
    """Return what the newest rows are sealed with; a table from before there was sealing has none."""
    inspector = inspect(connection)
    found = set()
    for sealed in sealed_tables(metadata, connection.dialect.name):
        if not inspector.has_table(sealed.table.name):
            continue
        there = {known["name"] for known in inspector.get_columns(sealed.table.name)}
        for asked in (*sealed.sealed, *sealed.bodies):
            if asked.name in there:
                found |= set(_keys_in(connection, sealed, asked.name))
    return found


def _keys_in(connection: Connection, sealed: SealedTable, name: str) -> Iterator[str]:
    """Yield the key of the newest value in a column, whatever type it has by now."""
    order: list[ColumnClause[Any]] = [column(key.name) for key in sealed.keys]
    asked: ColumnClause[Any] = column(name)
    newest = (
        select(asked)
        .select_from(table(sealed.table.name, *order, asked))
        .where(asked.is_not(None))
        .order_by(*(key.desc() for key in order))
        .limit(LOOKED_AT)
    )
    for value in connection.scalars(newest):
        if (key_id := _key_of(value)) is not None:
            yield key_id
            return


def _key_of(value: Any) -> str | None:
    if isinstance(value, bytes | memoryview):
        kept = bytes(value)
        is_sealed = len(kept) > 2 and kept[0] in MARKS.values()
        return kept[2 : 2 + kept[1]].decode("ascii", "replace") if is_sealed else None
    try:
        body = orjson.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
    sealed = body.get(PERSONAL) if isinstance(body, dict) else None
    known = _SEALED_TEXT.match(sealed) if isinstance(sealed, str) else None
    return known[1] if known else None
