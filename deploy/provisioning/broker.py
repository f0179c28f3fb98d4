"""The broker's side of provisioning: one vhost, one user a service, rights to what is its own.

It is written as RabbitMQ's definitions: a node reads them when it starts, and the management
plugin takes the same document from outside.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.conversion import RECEIVERS

VHOST = "wangge"
RPC = "nameko-rpc"
_SALT_BYTES = 4


def definitions(passwords: Mapping[str, str], vhost: str = VHOST) -> dict[str, Any]:
    """Return the definitions that give each of these services its user and its rights."""
    return {
        "vhosts": [{"name": vhost}],
        "users": [_user(service, password) for service, password in passwords.items()],
        "permissions": [
            {"user": service, "vhost": vhost} | rights(service, passwords) for service in passwords
        ],
        "topic_permissions": [
            {"user": service, "vhost": vhost, "exchange": exchange} | patterns
            for service in passwords
            for exchange, patterns in topic_rights(service).items()
        ],
    }


def rights(service: str, services: Iterable[str]) -> dict[str, str]:
    """Return what *service* may configure, write and read, as RabbitMQ's regular expressions.

    One expression is for exchanges and queues alike. To bind a queue is to write to it and to read
    from the exchange; to name a dead-letter exchange is to write to it and to read from the queue.
    """
    own = re.escape(service)
    own_queues = [
        rf"evt--{own}\..+",  # its handlers' events, and beside them those that wait for another try
        rf"{own}\.dead",  # what no try got through
        rf"rpc-{own}",  # what is asked of it
        rf"rpc\.reply\.{own}\..+",  # answers to what it asks, a queue for each of its processes
        rf"hints\.{own}\..+",  # a queue for each of its processes that listens to hints
    ]
    # Whoever comes first declares an exchange; all declare it alike, or are refused.
    exchanges = [
        # Those that patrol hands incidents over to may be none of these yet: nobody writes to theirs then.
        rf"({'|'.join(re.escape(each) for each in sorted({*services, *RECEIVERS}))})\.events",
        r"nameko-rpc",
        r"dead-letters",
        r"hints",
    ]
    writes = [
        rf"{own}\.events",  # what it tells
        r"nameko-rpc",  # what it asks and answers
        r"dead-letters",  # what it gives up
        r"hints",  # what has changed, for whoever listens
        r"amq\.default",  # its retry queues fall back into its own queues through it
    ]
    return {
        "configure": _any_of([*own_queues, *exchanges]),
        "write": _any_of([*own_queues, *writes]),
        "read": _any_of([*own_queues, *exchanges]),
    }


def topic_rights(service: str) -> dict[str, dict[str, str]]:
    """Return by exchange which routing keys *service* may write, and bind a queue of its own to."""
    own = re.escape(service)
    asked_of_it = told_by_it = rf"{own}\..+"
    # The address of a reply is an id that nobody can guess, and needs no owner's name in it.
    answered_to_it = r"[0-9a-f-]{36}"
    return {
        # Otherwise a queue of its own could be bound to what is asked of others.
        RPC: {"write": ".*", "read": _any_of([asked_of_it, answered_to_it])},
        f"{service}.events": {"write": _any_of([told_by_it]), "read": ".*"},
    }


def _any_of(patterns: Iterable[str]) -> str:
    return f"^({'|'.join(patterns)})$"


def _user(name: str, password: str) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": password_hash(password, salt=_salt(name, password)),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


def password_hash(password: str, *, salt: bytes) -> str:
    """Return a password as RabbitMQ keeps it."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _salt(name: str, password: str) -> bytes:
    # Passwords here are long and random; a salt that follows from them keeps the document the same.
    return hashlib.sha256(f"{name}:{password}".encode()).digest()[:_SALT_BYTES]
