"""The processes of the production profile, by the code: what every form of deployment has to run."""

from deploy.services import EDGE, SERVICES, WITH_TABLES
from shared.runtime.settings import PREFIX, Settings

# Of each process: its name, which is that of its secret, and what follows `python -m`.
PROCESSES = {
    **{service: ["deploy.worker", service] for service in SERVICES},
    EDGE: ["deploy.edge"],
}
MIGRATIONS = {service: ["deploy.cli", "migrate", service] for service in WITH_TABLES}


def known_variables() -> set[str]:
    """Return the environment variables that a process of ours looks at."""
    return {
        field.validation_alias if isinstance(field.validation_alias, str) else PREFIX + name.upper()
        for name, field in Settings.model_fields.items()
    }
