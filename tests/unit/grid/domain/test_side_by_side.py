"""Which cells lie side by side, against shapely's own word on it."""

import numpy as np
import shapely
from shapely import box

from deploy.demo.district import OUTLINE, demo_density
from deploy.demo.tessellation import tessellate
from services.grid.domain.index_build import build_index
from services.grid.domain.side_by_side import borders_of


def test_are_those_that_share_a_line_and_not_those_that_meet_in_a_point() -> None:
    squares = [
        box(112 + x / 10, 31 + y / 10, 112.1 + x / 10, 31.1 + y / 10)
        for y in (0, 1)
        for x in (0, 1)
    ]

    borders = borders_of(build_index(squares).edges)

    assert borders.tolist() == [[0, 1], [0, 2], [1, 3], [2, 3]]


def test_are_those_of_a_district() -> None:
    cells = tessellate(OUTLINE, 300, seed=7, density=demo_density)

    borders = borders_of(build_index(cells).edges)

    tree = shapely.STRtree(cells)
    one, other = tree.query(cells, predicate="intersects")
    later = one < other
    one, other = one[later], other[later]
    parts = shapely.intersection(np.asarray(cells)[one], np.asarray(cells)[other])
    # Their corners are rounded to units apart from ours, so what they share may be a sliver of a line.
    long = shapely.length(parts) > 1e-6
    wanted = set(zip(one[long].tolist(), other[long].tolist(), strict=True))
    found = set(map(tuple, borders.tolist()))
    assert wanted <= found
    for pair in found - wanted:
        assert shapely.distance(*(cells[cell] for cell in pair)) < 1e-7


def test_of_one_face_are_none() -> None:
    assert borders_of(build_index([box(112, 31, 113, 32)]).edges).shape == (0, 2)
