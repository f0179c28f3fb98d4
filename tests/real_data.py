"""Real boundary sets and requests, which lie beside the project and are not shipped with it."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "data"


def real(name: str) -> Path:
    """Return a file of real data, or skip the test that wants it."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the real data are not beside the project: ../shared/data/{name}")
    return path
