from services.command.store.tables import metadata
from shared.runtime.migrations import run_migrations

run_migrations(metadata, "command")
