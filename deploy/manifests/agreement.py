"""The manifests run the processes that the code has, with what these need: nothing missing, besides or misspelt."""

from collections.abc import Iterable, Iterator
from typing import Any

from deploy.first_secrets import first_secrets
from deploy.manifests.keyrings import pod_findings
from deploy.manifests.overlays import Document
from deploy.manifests.pods import Pod, pods, secrets_read
from deploy.manifests.processes import MIGRATIONS, PROCESSES, known_variables

Run = dict[str, list[str]]


def agreement_findings(documents: Iterable[Document]) -> Iterator[str]:
    """Tell where an overlay and the code differ."""
    documents = list(documents)
    lasting = [pod for pod in pods(documents) if pod.owner.startswith("Deployment ")]
    yield from differences("processes", _run_by(lasting, "containers"), PROCESSES)
    yield from differences("migrations", _run_by(lasting, "initContainers"), MIGRATIONS)
    made = first_secrets()
    for pod in pods(documents):
        yield from unknown_variables(pod.owner, _variables(pod))
        yield from pod_findings(pod)
        for secret in secrets_read(pod) - set(made):
            yield f"{pod.owner}: reads the Secret {secret}, which nobody makes"


def differences(what: str, found: Run, wanted: Run) -> Iterator[str]:
    """Tell which processes are missing, are too many, or run something else."""
    for name in wanted.keys() - found.keys():
        yield f"{what}: {name} is missing"
    for name in found.keys() - wanted.keys():
        yield f"{what}: {name} is not one of the platform's"
    for name in found.keys() & wanted.keys():
        if found[name] != wanted[name]:
            yield f"{what}: {name} runs {found[name]}, not {wanted[name]}"


def unknown_variables(owner: str, variables: Iterable[str]) -> Iterator[str]:
    """Tell which of the platform's variables nobody would look at."""
    ours = {name for name in variables if name.startswith("WANGGE_") or name == "PORT"}
    for name in sorted(ours - known_variables()):
        yield f"{owner}: there is no setting {name}"


def _run_by(owners: Iterable[Pod], which: str) -> Run:
    """Return what is run with each service's secret."""
    return {
        _secret(container): container["args"]
        for pod in owners
        for container in pod.spec.get(which, ())
    }


def _secret(container: dict[str, Any]) -> str:
    [source] = container["envFrom"]
    name: str = source["secretRef"]["name"]
    return name


def _variables(pod: Pod) -> list[str]:
    return [
        variable["name"] for container in pod.containers for variable in container.get("env", ())
    ]
