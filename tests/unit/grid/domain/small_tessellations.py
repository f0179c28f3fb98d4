"""Small tessellations on whole numbers for tests: triangles at random, and rectangles."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

Face: TypeAlias = Polygon | MultiPolygon


def faces_of_triangles(points: Sequence[tuple[int, int]], labels: Sequence[int]) -> list[Face]:
    """Join the Delaunay triangles of the points by their labels; a negative label is left bare.

    Faces may have holes and several parts, touch at corners, enclose bare ground, or be empty.
    """
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(points)))
    label = np.resize(np.asarray(labels), len(triangles))
    unions = [shapely.union_all(triangles[label == number]) for number in range(max(labels) + 1)]
    return [union if union.area else Polygon() for union in unions]


def random_faces(
    seed: int, points: int, faces: int, width: int, height: int | None = None
) -> list[Face]:
    """Return faces of random triangles; about one triangle in `faces` + 1 is left bare."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, [width + 1, (height or width) + 1], (points, 2))
    return faces_of_triangles(places.tolist(), rng.integers(-1, faces, 4 * points).tolist())


@st.composite
def triangle_faces(draw: st.DrawFn, side: int = 9) -> list[Face]:
    coordinate = st.integers(0, side)
    corners = [(0, 0), (side, 0), (0, side)]
    points = draw(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=25))
    labels = draw(st.lists(st.integers(-1, 5), min_size=1, max_size=40))
    return faces_of_triangles([*corners, *points], [0, *labels])


@st.composite
def rectangle_faces(draw: st.DrawFn, side: int = 12) -> list[Face]:
    """Cut a square again and again: all edges level or upright, many ending midway on another."""
    faces = [(0, 0, side, side)]
    for _ in range(draw(st.integers(0, 12))):
        west, south, east, north = faces.pop(draw(st.integers(0, len(faces) - 1)))
        if draw(st.booleans()):
            cut = draw(st.integers(west, east))
            halves = [(west, south, cut, north), (cut, south, east, north)]
        else:
            cut = draw(st.integers(south, north))
            halves = [(west, south, east, cut), (west, cut, east, north)]
        faces += [half for half in halves if half[0] < half[2] and half[1] < half[3]]
    return [box(*face) for face in faces]


def places_of_interest(faces: Sequence[Face], lines: Sequence[int] = ()) -> list[tuple[int, int]]:
    """Return vertices, crossings of their rows and columns, `lines`, and all within one unit."""
    vertices = np.unique(shapely.get_coordinates(faces).astype(np.int64), axis=0)
    rng = np.random.default_rng(1)
    columns = np.concatenate([rng.permutation(vertices[:, 0]), np.asarray(lines, dtype=np.int64)])
    rows = np.concatenate([rng.permutation(vertices[:, 1]), np.asarray(lines, dtype=np.int64)])
    count = max(len(columns), len(rows))
    mixed = np.column_stack([np.resize(columns, count), np.resize(rows[::-1], count)])
    hairs = np.array([(east, north) for east in (-1, 0, 1) for north in (-1, 0, 1)])
    places = np.concatenate([vertices, mixed])[:, np.newaxis] + hairs
    return [(int(x), int(y)) for x, y in np.unique(places.reshape(-1, 2), axis=0)]
