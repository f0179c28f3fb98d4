"""The published documents are what the code says: OpenAPI, AsyncAPI, schemas, the table of events."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_published_document_is_stale() -> None:
    # In a process of its own: the edge and the services want to be green before anything else.
    checked = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "deploy.contracts", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr[-2000:]
