"""What the edge answered to commands goes when nobody may ask for it again."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select

from services.gateway.wiring.answers import forget_old_answers
from shared.kernel.clock import china_now
from shared.runtime.database import ServiceDatabase
from shared.runtime.keyring import KeyFile
from shared.runtime.migrations import migrate
from shared.runtime.tables import answered_command
from tests.component.gateway.edge_settings import EdgeSettings


def test_after_thirty_days(tmp_path: Path) -> None:
    settings = EdgeSettings(data=tmp_path)
    KeyFile(settings.keyring_file).make()
    migrate(settings, "gateway")
    database = ServiceDatabase(settings, "gateway")
    now = china_now()
    ages = {"new": timedelta(), "last": timedelta(days=29), "old": timedelta(days=31)}
    with database.writing() as connection:
        connection.execute(
            insert(answered_command),
            [
                {"key": key, "fingerprint": "f", "answer": None, "answered_at": now - age}
                for key, age in ages.items()
            ],
        )

    forget_old_answers(database, lambda: now)

    with database.reading() as connection:
        kept = set(connection.scalars(select(answered_command.c.key)))
    database.close()
    assert kept == {"new", "last"}
