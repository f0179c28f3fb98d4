"""Ports of this machine that nobody listens on."""

import random
import socket
from collections.abc import Iterator

# Above 32767 begins the range from which clients get their own ports: there, a client that keeps
# trying to reach a stopped server may end up connected to itself.
PORTS = range(20_000, 32_768)


def free_ports() -> Iterator[int]:
    """Yield free ports, each once, in no order."""
    for port in random.sample(PORTS, len(PORTS)):
        if not is_listened_on(port):
            yield port


def is_listened_on(port: int) -> bool:
    """Tell whether somebody listens on that port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
