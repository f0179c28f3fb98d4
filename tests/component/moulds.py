"""What the databases of the services in these tests hold before a test begins."""

from pathlib import Path

from shared.runtime.migrations import migrate
from shared.runtime.tables import machinery
from tests.component.running import Running, own_settings
from tests.component.talkers import make_noise, metadata
from tests.databases import Mould


def _migrate(data: Path) -> None:
    running = Running(own_settings(data))
    for service in ("patrol", "command"):
        migrate(running.settings, service)
    running.make_tables("grid", machinery)
    running.crash()


def _make_talkers(data: Path) -> None:
    running = Running(own_settings(data))
    for service in ("teller", "listener"):
        running.make_tables(service, metadata)
        make_noise(running.database(service))
    running.crash()


def _migrate_register(data: Path) -> None:
    running = Running(own_settings(data))
    migrate(running.settings, "register")
    running.make_tables("grid", machinery)
    running.crash()


# The empty register, and a grid beside it.
REGISTER = Mould("register", ("grid", "register"), _migrate_register)
# The empty databases of three services, and a schema for the register; grid has no tables of its own.
MIGRATED = Mould("migrated", ("grid", "patrol", "register", "command"), _migrate)
# A teller and a listener, with other people's rows in their tables, and nothing for the others.
TALKERS = Mould("talkers", ("teller", "listener", "other", "answerer"), _make_talkers)
