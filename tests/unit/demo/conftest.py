"""The example district, made once for all its tests."""

import pytest

from deploy.demo.district import demo_areas
from services.grid.domain.area import Area, Level


@pytest.fixture(scope="session")
def areas() -> list[Area]:
    return demo_areas()


@pytest.fixture(scope="session")
def cells(areas: list[Area]) -> list[Area]:
    return [area for area in areas if area.level is Level.CELL]
