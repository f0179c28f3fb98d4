from services.command.store.read_models import metadata
from shared.runtime.migrations import run_migrations

run_migrations(metadata, "command")
