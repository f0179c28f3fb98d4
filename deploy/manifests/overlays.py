"""The overlays of `k8s/`, rendered into the documents that a cluster would be given."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from deploy.cli.cannot_do import CannotDo

ROOT = Path(__file__).parents[2]
KUSTOMIZE = ROOT / "k8s"
# The first kubectl whose kustomize (5.0) renders these files; `labels` in components came with it.
OLDEST = (1, 27)

Document = dict[str, Any]


def overlays(tree: Path = KUSTOMIZE) -> list[Path]:
    """Return the folder of every overlay."""
    return sorted(file.parent for file in tree.glob("overlays/*/kustomization.yaml"))


def rendered(overlay: Path) -> list[Document]:
    """Return the documents of an overlay.

    Raises:
        CannotDo: it cannot be rendered, or there is nothing to render with.
    """
    done = subprocess.run(  # noqa: S603 – found by us
        [*renderer(), str(overlay)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CannotDo(
            f"{overlay.name} 无法渲染。",
            f"{overlay.name} cannot be rendered.",
            done.stderr.strip().splitlines(),
        )
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def renderer() -> list[str]:
    """Return the command that renders a folder: the locked kubectl, else one on the PATH.

    Raises:
        CannotDo: there is none.
    """
    locked = Path(sys.executable).with_name("kubectl")
    if locked.exists():
        return [str(locked), "kustomize"]
    kubectl = shutil.which("kubectl")
    if kubectl is not None and _version(kubectl) >= OLDEST:
        return [kubectl, "kustomize"]
    kustomize = shutil.which("kustomize")
    if kustomize is not None:
        return [kustomize, "build"]
    raise CannotDo(
        "没有可用的 kubectl：请先 make setup，或安装 kubectl 1.27 或更新版本，或 kustomize 5。",
        "There is no kubectl to render with: make setup, or install kubectl 1.27 or newer, or kustomize 5.",
    )


def _version(kubectl: str) -> tuple[int, int]:
    said = subprocess.run(  # noqa: S603 – found by us
        [kubectl, "version", "--client"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"v(\d+)\.(\d+)\.", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)
