"""What of this process's environment the programs of a platform may have."""

import os

# Those that make the platform; what a program is not told, it cannot leak.
_NOT_FOR_PROGRAMS = (
    "WANGGE_DEMO_PASSWORD",
    "WANGGE_AMQP_URL",
    "WANGGE_AMQP_ADMIN_URL",
    "WANGGE_DATABASE_URL",
    "WANGGE_CREDENTIALS",
    "WANGGE_DATA",
)


def without_secrets() -> dict[str, str]:
    """Return the environment without what is only for whoever starts the platform."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_FOR_PROGRAMS}
