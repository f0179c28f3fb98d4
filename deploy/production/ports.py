"""The ports of a production platform: chosen once, kept in its folder, chosen anew only when taken."""

import json
from dataclasses import dataclass, fields
from pathlib import Path

from deploy.free_ports import free_ports, is_listened_on
from deploy.production.folder import read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the private broker and database listen, on this machine only."""

    amqp: int
    erlang: int
    epmd: int
    postgres: int


def kept_ports(file: Path, *, in_use: bool) -> Ports:
    """Return the ports kept in *file*; those that are new, or taken by others, are chosen now.

    Those that are *in_use* by this platform itself stay.
    """
    kept, free = read_json(file), free_ports()
    ports = {
        name: kept[name]
        if name in kept and (in_use or not is_listened_on(kept[name]))
        else next(free)
        for name in (field.name for field in fields(Ports))
    }
    if ports != kept:
        file.write_text(json.dumps(ports, indent=2) + "\n")
    return Ports(**ports)
