"""The file that holds each service's own way into the broker and the database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The URLs of one service, with its user and password in them; None where there is none."""

    amqp_url: str | None = None
    database_url: str | None = None


def read_credentials(path: Path) -> dict[str, Credentials]:
    """Return the credentials of every service that the file names; none when there is no file.

    Raises:
        ValueError: it holds something else. The text quotes nothing of it.
    """
    try:
        written = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError:
        raise ValueError(f"{path} is not JSON") from None
    if not isinstance(written, dict):
        raise ValueError(f"{path} is no object of services")
    return {service: _credentials(path, service, urls) for service, urls in written.items()}


def _credentials(path: Path, service: str, urls: Any) -> Credentials:
    try:
        return Credentials(**urls)
    except TypeError:
        raise ValueError(f"{path}: {service} has other keys than amqp_url, database_url") from None
