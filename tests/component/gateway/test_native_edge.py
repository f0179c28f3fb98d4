"""Every test of the edge once more, on the edge that production runs: without eventlet, on RabbitMQ."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from deploy.rabbitmq import PrivateRabbit
from tests.component.gateway.provider_process import find_node
from tests.component.gateway.toy_process import services_on
from tests.platform import ROOT

FOLDER = Path(__file__).parent
# These start their own edges, which are native already.
_NATIVE = {"test_native_edge.py", "test_edge_process.py"}
# Without node there is no identity provider to test with; the same module says so in this process.
_IMPOSSIBLE = {"test_provider.py"} if find_node() is None else set()
MODULES = [
    path for path in sorted(FOLDER.glob("test_*.py")) if path.name not in _NATIVE | _IMPOSSIBLE
]


@pytest.fixture(scope="module")
def broker_url(rabbit: PrivateRabbit) -> str:
    """Give the address of a broker, beside which there is one without any service."""
    name = f"edge-{uuid.uuid4().hex[:8]}"
    rabbit.add_vhost(f"{name}-deserted")
    return rabbit.add_vhost(name)


def test_the_native_edge_passes_every_test_of_the_edge(broker_url: str) -> None:
    # This process is green, and its `conftest.py` would make that one green too.
    alone = ["--confcutdir", str(FOLDER), "-o", "addopts=", "-p", "no:pytest_nameko"]
    options = ["-q", "--import-mode=importlib", "--strict-config", "-p", "no:cacheprovider"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    with services_on(broker_url):
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *alone, *options, *map(str, MODULES)],
            cwd=ROOT,
            env=kept | {"EDGE_TEST_BROKER": broker_url},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    assert "skipped" not in ended.stdout
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-3000:]
