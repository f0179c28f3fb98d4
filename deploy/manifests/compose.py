"""The compose file runs the same processes as the manifests, in the same manner."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from deploy.manifests.agreement import differences, unknown_variables
from deploy.manifests.keyrings import compose_findings_of
from deploy.manifests.overlays import ROOT
from deploy.manifests.processes import PROCESSES
from deploy.services import EDGE

COMPOSE_FILE = ROOT / "deploy" / "compose.yaml"
# What is done once before the services start, and for whom.
STEPS = {
    "provision": ["deploy.cli", "provision"],
    "migrate": ["deploy.cli", "migrate"],
    "demo": ["deploy.cli", "demo"],
}
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
_PASSWORD = re.compile(r"://[^/\s:@]*:[^@\s]+@|PASS|SECRET_|TOKEN")

Service = dict[str, Any]


def compose_findings(file: Path = COMPOSE_FILE) -> list[str]:
    """Return what is wrong with the compose file."""
    services = composed(file)
    ours = {name: service for name, service in services.items() if _is_ours(service)}
    wanted = {("edge" if name == EDGE else name): run for name, run in PROCESSES.items()}
    return [
        *differences("processes", {n: s["command"] for n, s in ours.items()}, {**wanted, **STEPS}),
        *(finding for name, service in services.items() for finding in _unfit(name, service)),
        *(finding for name, service in ours.items() for finding in _loose(name, service)),
        *(finding for name, each in ours.items() for finding in compose_findings_of(name, each)),
    ]


def composed(file: Path = COMPOSE_FILE) -> dict[str, Service]:
    """Return the services of a compose file, with the defaults of its variables."""
    text = _DEFAULT.sub(r"\1", file.read_text("utf-8"))
    services: dict[str, Service] = yaml.safe_load(text)["services"]
    return services


def _is_ours(service: Service) -> bool:
    image: str = service["image"]
    return image.startswith("wangge:")


def _unfit(name: str, service: Service) -> Iterator[str]:
    """Tell what any container lacks."""
    variables = service.get("environment", {})
    yield from unknown_variables(name, variables)
    if any(_PASSWORD.search(f"{key}={value}") for key, value in variables.items()):
        yield f"{name}: a secret in plain text"
    if service["image"].endswith(":latest") or ":" not in service["image"]:
        yield f"{name}: the image has no tag but latest"
    if "restart" not in service:
        yield f"{name}: is not started again when it dies"
    if "stop_grace_period" not in service:
        yield f"{name}: is given no time to stop"
    if name not in STEPS and "healthcheck" not in service:
        yield f"{name}: nobody looks whether it is well"


def _loose(name: str, service: Service) -> Iterator[str]:
    """Tell what a process of ours may do that it need not."""
    if service.get("read_only") is not True:
        yield f"{name}: may write into its image"
    if service.get("cap_drop") != ["ALL"] or "privileged" in service or "user" in service:
        yield f"{name}: keeps rights that it does not need"
    if "no-new-privileges:true" not in service.get("security_opt", ()):
        yield f"{name}: may gain rights"
    own = EDGE if name == "edge" else name
    read = [Path(file).stem for file in service.get("env_file", ())]
    if read not in ([], [own]):
        yield f"{name}: reads secrets of others: {', '.join(read)}"
