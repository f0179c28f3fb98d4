"""Gives the tests in this folder an edge to talk to, and a shell to type `wangge` into."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.component.cli.commands import Shell, shell
from tests.component.cli.edge import PASSWORD, Edge, serving
from tests.component.cli.replaying import Replay


@pytest.fixture(scope="session")
def _shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with shell(tmp_path_factory.mktemp("shell")) as opened:
        yield opened


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def url(edge: Edge) -> Iterator[str]:
    with serving(edge) as address:
        yield address


@pytest.fixture
def wangge(_shell: Shell, url: str, tmp_path: Path) -> Shell:
    """Return a shell whose commands talk to the edge of this test."""
    _shell.environment = {
        "WANGGE_URL": url,
        "WANGGE_PASSWORD": PASSWORD,
        "WANGGE_DATA": str(tmp_path / "var"),
        "COLUMNS": "160",
    }
    return _shell


@pytest.fixture
def replay(wangge: Shell, tmp_path: Path) -> Replay:
    return Replay(wangge, tmp_path)
