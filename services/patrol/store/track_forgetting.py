"""Where officers were is forgotten when it need not be known any longer; what was counted of it stays."""

from datetime import datetime

from sqlalchemy import Connection, delete, null, select, update

from services.patrol.store.round_tables import check_in_table, position_table, track_table
from shared.kernel.ids import first_id_at

track, check_in, position = track_table.c, check_in_table.c, position_table.c


def forget_tracks(connection: Connection, received_before: datetime, *, at_most: int) -> int:
    """Delete some batches that came before; return how many. Their months are passed over otherwise."""
    old = select(track.id).where(track.id < first_id_at(received_before)).limit(at_most)
    return int(connection.execute(delete(track_table).where(track.id.in_(old))).rowcount)


def forget_check_in_positions(
    connection: Connection, received_before: datetime, *, at_most: int
) -> int:
    """Forget where some check-ins were made that came before; return of how many. How far off they were stays."""
    old = (
        select(check_in.id)
        .where(check_in.position.is_not(None), check_in.id < first_id_at(received_before))
        .limit(at_most)
    )
    gone = update(check_in_table).where(check_in.id.in_(old)).values(position=null())
    return int(connection.execute(gone).rowcount)


def forget_last_positions(connection: Connection, before: datetime) -> int:
    """Forget where those were last whom nobody heard of since; return of how many."""
    gone = connection.execute(delete(position_table).where(position.at < before))
    return int(gone.rowcount)
