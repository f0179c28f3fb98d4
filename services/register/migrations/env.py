from services.register.store.tables import metadata
from shared.runtime.migrations import run_migrations

run_migrations(metadata, "register")
