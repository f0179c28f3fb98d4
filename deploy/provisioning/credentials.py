"""The credentials file, written so that it is whole or not there, and readable by its owner alone."""

import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import orjson

from shared.runtime.credentials import Credentials, read_credentials


def known_urls(path: Path, kind: str) -> dict[str, str]:
    """Return the URLs of one *kind*, `amqp_url` or `database_url`, that the file holds by service.

    Raises:
        ValueError: the file holds something else.
    """
    urls = {service: getattr(held, kind) for service, held in read_credentials(path).items()}
    return {service: url for service, url in urls.items() if url is not None}


def keep_urls(path: Path, kind: str, urls: Mapping[str, str]) -> None:
    """Enter the URLs of one *kind* by service; all else that the file holds stays.

    Raises:
        ValueError: the file holds something else.
    """
    held = read_credentials(path)
    for service, url in urls.items():
        held[service] = replace(held.get(service, Credentials()), **{kind: url})
    written = {service: asdict(credentials) for service, credentials in held.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(written, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
