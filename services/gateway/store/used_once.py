"""What is good once: whoever shows it again, to whichever copy, finds it used."""

import hashlib
from datetime import datetime

from sqlalchemy import delete

from services.gateway.store.tables import used_once_table
from shared.runtime.upsert import adding_once
from shared.runtime.work import Work


def use_up(work: Work, name: str, *, now: datetime, until: datetime) -> bool:
    """Use *name* up; False when it was used before. After *until* its age alone refuses it."""
    connection = work.connection
    connection.execute(delete(used_once_table).where(used_once_table.c.until < now))
    entered = connection.execute(
        adding_once(connection.dialect.name, used_once_table),
        {"digest": hashlib.sha256(name.encode()).hexdigest(), "until": until},
    )
    return bool(entered.rowcount == 1)
