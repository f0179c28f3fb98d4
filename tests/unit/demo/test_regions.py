"""Regions grow connected over the cells, and are read like a page."""

import numpy as np
import shapely
from shapely import Polygon, box

from deploy.demo.regions import CellGraph, reading_order


def squares(columns: int, rows: int) -> list[Polygon]:
    return [
        box(112 + x / 100, 31 + y / 100, 112 + (x + 1) / 100, 31 + (y + 1) / 100)
        for y in range(rows)
        for x in range(columns)
    ]


class TestCellGraph:
    def test_grows_over_common_edges_only(self) -> None:
        corner_to_corner = [box(112, 31, 112.1, 31.1), box(112.1, 31.1, 112.2, 31.2)]

        reached = CellGraph(corner_to_corner).grow({7: 0}, [0, 1], lambda *_: 1.0)

        assert reached == {0: 7}

    def test_gives_a_cell_to_the_seed_that_reaches_it_at_least_cost(self) -> None:
        slow, fast = 1, 2

        reached = CellGraph(squares(11, 1)).grow(
            {slow: 0, fast: 10}, range(11), lambda label, _one, _other: 1.0 / label
        )

        assert [cell for cell, label in reached.items() if label == slow] == [0, 1, 2, 3]

    def test_splits_into_connected_parts_of_similar_size(self) -> None:
        cells = squares(12, 10)

        parts = CellGraph(cells).split(np.arange(120), 8)

        assert sorted(cell for part in parts for cell in part.tolist()) == list(range(120))
        for part in parts:
            assert isinstance(shapely.coverage_union_all([cells[i] for i in part]), Polygon)
            assert 8 <= len(part) <= 25


class TestReadingOrder:
    def test_goes_from_north_to_south_and_in_a_row_from_west_to_east(self) -> None:
        places = np.array([[2.0, 0.1], [0.0, 0.0], [0.1, 2.0], [2.1, 2.1], [1.0, 1.9], [1.1, 0.2]])

        assert places[reading_order(places)].tolist() == [
            [0.1, 2.0],
            [1.0, 1.9],
            [2.1, 2.1],
            [0.0, 0.0],
            [1.1, 0.2],
            [2.0, 0.1],
        ]
