"""The services of the platform by name, for whoever runs them: in one process or each in its own."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # slow to load, and most who ask run no database
    from sqlalchemy import MetaData

EDGE = "gateway"
SERVICES = {
    "grid": "services.grid.service:GridService",
    "patrol": "services.patrol.service:PatrolService",
    "register": "services.register.service:RegisterService",
    "command": "services.command.service:CommandService",
}
# Each has tables of its own, and in production a database role and a broker user of its name.
WITH_TABLES = (EDGE, *SERVICES)


# Where its tables are defined.
TABLES = {
    EDGE: "services.gateway.store.tables",
    "grid": "services.grid.store",
    "patrol": "services.patrol.store.tables",
    "register": "services.register.store.tables",
    "command": "services.command.store.tables",
}


def tables_of(name: str) -> "MetaData":
    """Return the tables of the service of that name."""
    found: MetaData = import_module(TABLES[name]).metadata
    return found


def service_class(name: str) -> type[Any]:
    """Return the class of the service of that name; its process must be green already."""
    module, _, attribute = SERVICES[name].partition(":")
    found: type[Any] = getattr(import_module(module), attribute)
    return found
