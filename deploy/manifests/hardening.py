"""No pod is root, gains rights, writes into its image, or holds a key to the cluster.

The wording is that of Kubernetes' Pod Security Standard "restricted", which checks it again at the
door of the namespace; a read-only image and no token are ours.
"""

from collections.abc import Iterator
from typing import Any

from deploy.manifests.pods import Container, Pod

OURS = "wangge"


def hardening_findings(pod: Pod) -> Iterator[str]:
    """Tell what a pod may do that it need not."""
    if pod.spec.get("automountServiceAccountToken") is not False:
        yield f"{pod.owner}: holds a token of the cluster"
    if any("hostPath" in volume for volume in pod.spec.get("volumes", ())):
        yield f"{pod.owner}: mounts a folder of the node"
    if any(pod.spec.get(shared) for shared in ("hostNetwork", "hostPID", "hostIPC")):
        yield f"{pod.owner}: shares a namespace of the node"
    for container in pod.containers:
        effective = {**pod.spec.get("securityContext", {}), **container.get("securityContext", {})}
        for finding in _container_findings(container, effective):
            yield f"{pod.owner}, {container['name']}: {finding}"


def _container_findings(container: Container, context: dict[str, Any]) -> Iterator[str]:
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "may run as root: runAsNonRoot and a runAsUser other than 0 are needed"
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "may gain rights: allowPrivilegeEscalation has to be false"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities: all are to be dropped, none added"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "may make any system call: seccompProfile has to be RuntimeDefault"
    if _is_ours(container) and context.get("readOnlyRootFilesystem") is not True:
        yield "may write into its image: readOnlyRootFilesystem has to be true"
    if not {"cpu", "memory"} <= set(container.get("resources", {}).get("requests", {})):
        yield "requests no cpu or memory"
    if "memory" not in container.get("resources", {}).get("limits", {}):
        yield "has no limit of memory"


def _is_ours(container: Container) -> bool:
    name: str = container["image"]
    return name.rpartition(":")[0].rpartition("/")[2] == OURS
