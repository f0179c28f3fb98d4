"""What one document names, another is: selectors find pods, pods find their claims and accounts."""

from collections.abc import Iterable, Iterator
from typing import Any

from deploy.manifests.overlays import Document
from deploy.manifests.pods import Pod, name_of, pods

Labels = dict[str, str]
Selector = dict[str, Any]

# A policy without labels holds for every pod; these two are meant so.
FOR_ALL = ("nobody", "names")


def reference_findings(documents: Iterable[Document]) -> Iterator[str]:
    """Tell which names lead nowhere."""
    documents = list(documents)
    everyone = list(pods(documents))
    for document in documents:
        for selector in _selectors(document):
            if not any(_selects(selector, pod.labels) for pod in everyone):
                yield f"{name_of(document)}: selects no pod"
    there = {name_of(document) for document in documents}
    for pod in everyone:
        yield from (f"{pod.owner}: there is no {name}" for name in _needed(pod) - there)


def _selectors(document: Document) -> Iterator[Selector]:
    spec = document.get("spec", {})
    if document["kind"] == "Service":
        yield {"matchLabels": spec["selector"]}
    elif document["kind"] in ("Deployment", "StatefulSet", "PodDisruptionBudget"):
        yield spec["selector"]
    elif document["kind"] == "NetworkPolicy" and document["metadata"]["name"] not in FOR_ALL:
        yield spec["podSelector"]


def _selects(selector: Selector, labels: Labels) -> bool:
    wanted = selector.get("matchLabels", {})
    expressions = selector.get("matchExpressions", [])
    if not wanted and not expressions:
        return False  # it would select every pod, which is never meant
    return wanted.items() <= labels.items() and all(
        labels.get(expression["key"]) in expression["values"] for expression in expressions
    )


def _needed(pod: Pod) -> set[str]:
    claims = {
        f"PersistentVolumeClaim {volume['persistentVolumeClaim']['claimName']}"
        for volume in pod.spec.get("volumes", ())
        if "persistentVolumeClaim" in volume
    }
    account = pod.spec.get("serviceAccountName")
    return claims | ({f"ServiceAccount {account}"} if account else set())
