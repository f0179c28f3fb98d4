"""Events told before, written over where the record may hold no longer what it says.

Read models are rebuilt from the outbox, so what is to be forgotten has to be gone from there too. What is
written over is neither opened nor told again: those who heard it are told by an event of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from shared.runtime.call import call_from
from shared.runtime.sealed_columns import sealer_for
from shared.runtime.tables import outbox

_WRITE_OVER = (
    update(outbox)
    .where(outbox.c.id == bindparam("its_row"), outbox.c.event_id == bindparam("its_id"))
    .values(headers=bindparam("blank_headers"), payload=bindparam("blank_payload"))
)


def write_over(
    connection: Connection, aggregates: Sequence[str], blanks: Mapping[str, Mapping[str, Any]]
) -> None:
    """Replace in all events of *aggregates* the fields that *blanks* names for their type, and whose doing each was."""
    sealer = sealer_for(connection.dialect)
    told = select(outbox).where(
        outbox.c.aggregate_id.in_(aggregates), outbox.c.event_type.in_(list(blanks))
    )
    changed = [
        {
            "its_row": row.id,
            "its_id": row.event_id,
            "blank_headers": call_from(row.headers).unnamed().told().headers(),
            "blank_payload": sealer.sealed_body(
                row.event_type, {**row.payload, **blanks[row.event_type]}
            ),
        }
        for row in connection.execute(told)
    ]
    if changed:
        connection.execute(_WRITE_OVER, changed)
