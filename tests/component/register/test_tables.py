"""The register's tables are what its migrations make, and whatever is found by a digest can be sealed anew."""

from sqlalchemy import inspect

from services.register.service import RegisterService
from services.register.store.tables import metadata
from shared.runtime.blind_index import BlindIndex
from shared.runtime.migrations import differs_from_models
from shared.runtime.resealing import place_of, sealed_tables
from shared.runtime.tables import machinery
from tests.component.moulds import REGISTER
from tests.component.running import Running
from tests.databases import Moulds


def test_migrations_make_what_the_models_say(running: Running, moulds: Moulds) -> None:
    moulds.pour(REGISTER, running.settings.data)

    assert not differs_from_models(running.settings, RegisterService.name)
    tables = set(inspect(running.database("register").engine).get_table_names())
    assert set(machinery.tables) < tables


def test_each_digest_is_of_a_column_that_is_sealed_beside_it() -> None:
    for sealed in sealed_tables(metadata, "sqlite"):
        digests = {c.type.of for c in sealed.table.c if isinstance(c.type, BlindIndex)}
        assert digests <= {place_of(column) for column in sealed.sealed}
