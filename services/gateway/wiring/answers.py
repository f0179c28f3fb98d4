"""What the edge itself answered to commands, kept for who asks again with the same key."""

from shared.kernel.clock import Clock, china_now
from shared.runtime.database import ServiceDatabase
from shared.runtime.work import ANSWERS_KEPT, forget_answers


def forget_old_answers(database: ServiceDatabase, clock: Clock = china_now) -> None:
    """Delete the answers that nobody may ask for again."""
    with database.writing() as connection:
        forget_answers(connection, clock() - ANSWERS_KEPT)
