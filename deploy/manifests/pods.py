"""The pods that documents describe, whatever kind of document does."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from deploy.manifests.overlays import Document

Container = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as its Deployment, StatefulSet or Job would make it."""

    owner: str
    labels: dict[str, str]
    spec: dict[str, Any]

    @property
    def containers(self) -> list[Container]:
        """All of them, those that run first before the others."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]


def name_of(document: Document) -> str:
    return f"{document['kind']} {document['metadata']['name']}"


def pods(documents: Iterable[Document]) -> Iterator[Pod]:
    """Find every pod."""
    for document in documents:
        template = document.get("spec", {}).get("template")
        if template is not None:
            labels = template.get("metadata", {}).get("labels", {})
            yield Pod(name_of(document), labels, template["spec"])


def secrets_read(pod: Pod) -> set[str]:
    """Return the names of the Secrets that a pod reads, as variables or as files."""
    by_variables = {
        source["secretRef"]["name"]
        for container in pod.containers
        for source in container.get("envFrom", ())
        if "secretRef" in source
    }
    by_variable = {
        variable["valueFrom"]["secretKeyRef"]["name"]
        for container in pod.containers
        for variable in container.get("env", ())
        if "secretKeyRef" in variable.get("valueFrom", {})
    }
    by_files = {
        volume["secret"]["secretName"]
        for volume in pod.spec.get("volumes", ())
        if "secret" in volume
    }
    return by_variables | by_variable | by_files
