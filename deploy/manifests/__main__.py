"""`make manifests`: renders every overlay and says what is wrong with it."""

import sys

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from deploy.manifests.check import overlay_findings
from deploy.manifests.compose import compose_findings
from deploy.manifests.overlays import overlays


def main() -> int:
    """Look at all; return the exit code."""
    wrong = 0
    try:
        for overlay in overlays():
            wrong += _tell(f"k8s/overlays/{overlay.name}", overlay_findings(overlay))
    except CannotDo as reason:
        screen.fail(reason)
        return reason.exit_code
    wrong += _tell("deploy/compose.yaml", compose_findings())
    return min(wrong, 1)


def _tell(what: str, findings: list[str]) -> int:
    screen.show(f"{what}: {f'{len(findings)} 处有误 · wrong' if findings else '无误 · in order'}")
    for finding in findings:
        screen.show(f"  {finding}")
    return len(findings)


if __name__ == "__main__":
    sys.exit(main())
