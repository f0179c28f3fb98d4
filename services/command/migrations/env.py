from services.command.store.read_models import FULL_TEXT_TABLES, metadata
from shared.runtime.migrations import run_migrations

run_migrations(metadata, "command", full_text=FULL_TEXT_TABLES)
