"""Compiling a partition out of outlines that overlap or leave gaps, and saying what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from services.grid.domain.crack import crack_mouths
from services.grid.domain.edge_table import NOWHERE, origin_of, table_of_units
from services.grid.domain.gap import THIN_GAP_M, Gap, fill_gaps
from services.grid.domain.ground_area import areas_m2
from services.grid.domain.overlap import Overlap, covers, overlaps
from services.grid.domain.quantise import Geometries, Integers, in_units, to_degrees

__all__ = ["THIN_GAP_M", "Gap", "Overlap", "Partition", "compile_partition"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """Faces in WGS-84 degrees on the grid of 1e-7, one per outline and in their order.

    The face of a `vanished` outline is empty: smaller ones cover all of it. Overlaps and gaps
    come largest first.
    """

    faces: list[Polygon | MultiPolygon]
    overlaps: list[Overlap]
    gaps: list[Gap]
    vanished: list[int]


def compile_partition(
    outlines: Sequence[Polygon | MultiPolygon], *, thin_gap_m: float = THIN_GAP_M
) -> Partition:
    """Give all ground that the outlines cover, each a valid area, to exactly one of them.

    All borders are rounded to the grid together (snap rounding: Hobby 1999, "Practical segment
    intersection with finite precision output"), so that they meet in common vertices. Of the
    pieces between them each goes to the smallest outline that covers it. What none covers but
    others enclose is a gap: thinner than `thin_gap_m`, it goes to the neighbour it has the
    longest border with; wider, it stays open. So with cracks, which the outside reaches.

    Raises:
        BoundaryUnusable: There are no outlines, or they reach too far for exact arithmetic.
    """
    exact = in_units(outlines)
    origin_of(exact)
    areas = areas_m2(outlines)
    pieces, inner = _pieces(shapely.boundary(exact))
    covering = covers(exact, areas, inner)
    mouths = _mouths(pieces, covering.owners(len(pieces)), exact, thin_gap_m)
    if len(mouths):
        pieces, inner = _pieces(np.concatenate([shapely.boundary(exact), mouths]))
        covering = covers(exact, areas, inner)
    places = to_degrees(shapely.get_coordinates(inner))
    found = overlaps(covering, areas_m2(shapely.transform(pieces, to_degrees)), places)
    owner, gaps = fill_gaps(pieces, covering.owners(len(pieces)), thin_gap_m)
    faces = _faces(pieces, owner, len(exact))
    vanished = [number for number, face in enumerate(faces) if face.is_empty]
    return Partition(faces=faces, overlaps=found, gaps=gaps, vanished=vanished)


def _pieces(lines: Geometries) -> tuple[Geometries, Geometries]:
    """Return the pieces between lines, on the grid, and a point within each."""
    noded = shapely.union_all(lines, grid_size=1.0)
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return pieces, shapely.point_on_surface(pieces)


def _mouths(
    pieces: Geometries, owner: Integers, outlines: Geometries, thin_gap_m: float
) -> Geometries:
    """Return lines that close cracks towards the outside."""
    table = table_of_units(pieces)
    rim_owner = owner[np.maximum(table.west, table.east)]
    at_rim = table.is_open & (rim_owner != NOWHERE)
    ends = table.ends[at_rim] + np.tile(table.origin, 2)
    return crack_mouths(ends, rim_owner[at_rim], outlines, thin_gap_m)


def _faces(pieces: Geometries, owner: Integers, count: int) -> list[Polygon | MultiPolygon]:
    """Join each owner's pieces, in degrees; their vertices all stay, so that neighbours match."""
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(count + 1))
    faces = np.full(count, Polygon(), dtype=object)
    for number in np.flatnonzero(np.diff(starts)):
        own = pieces[order[starts[number] : starts[number + 1]]]
        faces[number] = own[0] if len(own) == 1 else shapely.coverage_union_all(own)
    return list(shapely.transform(faces, to_degrees))
