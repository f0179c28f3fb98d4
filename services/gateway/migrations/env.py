from services.gateway.store.tables import metadata
from shared.runtime.migrations import run_migrations

run_migrations(metadata, "gateway")
