"""The ports of a production platform: chosen once, kept in its folder, chosen anew only when taken."""

import json
import socket
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from deploy.free_ports import free_ports
from deploy.production.folder import read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the private broker and database listen, on this machine only."""

    amqp: int
    erlang: int
    epmd: int
    postgres: int


def kept_ports(file: Path) -> Ports:
    """Return the ports kept in *file*; those that are new, or taken meanwhile, are chosen now."""
    kept, free = read_json(file), free_ports()
    names = [field.name for field in fields(Ports)]
    ports = {name: kept[name] if _is_free(kept.get(name)) else next(free) for name in names}
    if ports != kept:
        file.write_text(json.dumps(ports, indent=2) + "\n")
    return Ports(**ports)


def known_ports(file: Path) -> Ports | None:
    """Return the ports in use, or None where nothing was ever started."""
    kept = read_json(file)
    return Ports(**kept) if kept else None


def lines_of(ports: Ports) -> str:
    return " ".join(f"{name}={port}" for name, port in asdict(ports).items())


def _is_free(port: int | None) -> bool:
    if port is None:
        return False
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
