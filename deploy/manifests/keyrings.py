"""Every process that opens personal data is given the one keyring of all, in a folder, to read alone.

Without it a process says so and stops. A file that is mounted alone stays what it was when the keyring
is rotated, and so does a Secret mounted by `subPath`.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from deploy.first_secrets import KEYRING, KEYRING_FILE
from deploy.manifests.pods import Container, Pod

VARIABLE = "WANGGE_KEYRING"
_OURS = ("deploy.worker", "deploy.edge", "deploy.cli")
_NEED_NONE = (["deploy.cli", "provision"],)


def pod_findings(pod: Pod) -> Iterator[str]:
    """Tell which containers of a pod lack the keyring, or have it in a way that will not do."""
    for container in pod.containers:
        if not needs_keys(container.get("args", [])):
            continue
        for finding in _container_findings(container, _secret_volumes(pod)):
            yield f"{pod.owner}, {container['name']}: {finding}"


def compose_findings_of(name: str, service: dict[str, Any]) -> Iterator[str]:
    """Tell whether a service of the compose file lacks the keyring, or has it in a way that will not do."""
    if not needs_keys(service["command"]):
        return
    file = PurePosixPath(service.get("environment", {}).get(VARIABLE, "."))
    mounts = [volume.split(":") for volume in service.get("volumes", ())]
    found = [mount for mount in mounts if mount[1:2] == [str(file.parent)]]
    if file.name != KEYRING_FILE or not found:
        yield f"{name}: has no keyring"
        return
    [mount] = found
    if PurePosixPath(mount[0]).name != KEYRING:
        yield f"{name}: has another keyring than the one that is made, {mount[0]}"
    if mount[2:] != ["ro"]:
        yield f"{name}: may write its keyring"


def needs_keys(run: list[str]) -> bool:
    """Tell whether what is run after `python -m` opens or seals anything."""
    return run[:1] != [] and run[0] in _OURS and run not in _NEED_NONE


def _container_findings(container: Container, secrets: dict[str, str]) -> Iterator[str]:
    values = {variable["name"]: variable.get("value") for variable in container.get("env", ())}
    file = PurePosixPath(values.get(VARIABLE) or ".")
    found = [
        mount
        for mount in container.get("volumeMounts", ())
        if mount["mountPath"] == str(file.parent)
    ]
    if file.name != KEYRING_FILE or not found:
        yield "has no keyring"
        return
    [mount] = found
    if secrets.get(mount["name"]) != KEYRING:
        yield f"has another keyring than the Secret {KEYRING}"
    if mount.get("readOnly") is not True:
        yield "may write its keyring"
    if "subPath" in mount:
        yield "does not see when its keyring changes: mount the folder, without subPath"


def _secret_volumes(pod: Pod) -> dict[str, str]:
    return {
        volume["name"]: volume["secret"]["secretName"]
        for volume in pod.spec.get("volumes", ())
        if "secret" in volume
    }
