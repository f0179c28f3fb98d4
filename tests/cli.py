"""The command line as a test runs it: a process of its own, against a running platform."""

import os
import subprocess
import sys
from pathlib import Path

from tests.platform import PASSWORD, ROOT, Platform

PROGRAM = "from deploy.cli import main; main()"


def wangge(
    platform: Platform, *arguments: str | Path, expect: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run `wangge` with these arguments; fail unless it ends with *expect*."""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"WANGGE_PASSWORD": PASSWORD, "WANGGE_URL": platform.url},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ended.returncode == expect, ended.stdout[-3000:] + ended.stderr[-3000:]
    return ended
