"""Secrets are named in the manifests, never written; and each is read by one service."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from deploy.manifests.overlays import Document
from deploy.manifests.pods import name_of, pods, secrets_read
from deploy.services import WITH_TABLES

_PASSWORD_IN_URL = re.compile(r"://[^/\s:@]*:[^@\s]+@")
# WANGGE_KEYRING says where the keys lie.
_SECRET_BY_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY(?!RING$)|(AMQP|DATABASE).*URL", re.IGNORECASE)


def secrecy_findings(documents: Iterable[Document]) -> Iterator[str]:
    """Tell which secrets are written out, or read by more than one."""
    documents = list(documents)
    for document in documents:
        if document["kind"] == "Secret":
            yield f"{name_of(document)}: a secret in plain text"
        for text in _texts(document):
            if _PASSWORD_IN_URL.search(text):
                yield f"{name_of(document)}: a password in plain text, in a URL"
    yield from _named_values(documents)
    yield from _read_by_several(documents)


def _named_values(documents: Iterable[Document]) -> Iterator[str]:
    for pod in pods(documents):
        for container in pod.containers:
            for variable in container.get("env", ()):
                if "value" in variable and _SECRET_BY_NAME.search(variable["name"]):
                    yield f"{pod.owner}: {variable['name']} in plain text"


def _read_by_several(documents: Iterable[Document]) -> Iterator[str]:
    readers = defaultdict(set)
    for pod in pods(documents):
        for secret in secrets_read(pod) & set(WITH_TABLES):
            readers[secret].add(pod.owner)
    for secret, owners in readers.items():
        if len(owners) > 1:
            yield f"Secret {secret}: read by {', '.join(sorted(owners))}"


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for inner in part.values():
            yield from _texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)
