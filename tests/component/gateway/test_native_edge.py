"""The same edge in a process without eventlet."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.component.gateway.conftest import Mould
from tests.platform import ROOT


def test_the_edge_needs_no_eventlet(mould: Mould, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(mould.data, data)

    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.component.gateway.native_edge", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr[-3000:]
    # Logs go to standard output too; the last line is what it found.
    assert json.loads(ended.stdout.splitlines()[-1]) == {
        "is_green": False,
        "sign_ins": [200, 200, 200],
        "uploads": [201, 201, 201],
        "given_whole": True,
        "away": ["grid", "patrol", "command"],
    }
