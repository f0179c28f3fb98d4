"""The private broker's settings and rights, written before it starts."""

import json
from collections.abc import Mapping

from deploy.production.folder import ProductionFolder, write_secretly
from deploy.provisioning.broker import definitions


def write_broker_settings(folder: ProductionFolder, passwords: Mapping[str, str]) -> None:
    """Write what the node reads at each start: no other user gets in than these services."""
    rights = folder.rabbitmq / "definitions.json"
    write_secretly(rights, json.dumps(definitions(passwords), indent=1))
    settings = {
        "load_definitions": rights,
        # Its lines go where all programs' lines go.
        "log.file": "false",
        "log.console": "true",
        "log.console.level": "info",
    }
    text = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (folder.rabbitmq / "rabbitmq.conf").write_text(text)
    (folder.rabbitmq / "enabled_plugins").write_text("[].\n")
