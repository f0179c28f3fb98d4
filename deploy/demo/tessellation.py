"""An exact, irregular tessellation of a polygon: the cells of the example district and of benchmarks."""

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

from deploy.demo.borders import bent, straight_borders
from deploy.demo.rim import Rim
from deploy.demo.sites import Density, Floats, spread
from shared.kernel.errors import Invalid

UNITS_PER_DEGREE = 10_000_000
SMALLEST_CELL = 100.0  # mean width of a cell in units, about one metre
STOP_SPACING = 0.02  # of the mean width of a cell
ATTEMPTS = 5

Geometries = npt.NDArray[np.object_]


def tessellate(
    outline: Polygon, cells: int, *, seed: int = 0, density: Density | None = None
) -> list[Polygon]:
    """Divide the outline into `cells` polygons without gap or overlap, the same for the same seed.

    All vertices lie on the grid of 1e-7 degrees; each edge is an edge of exactly two cells, or of
    one cell and the outline. `density` tells from longitudes and latitudes how many cells an area
    is to have in relation to others; without it all cells are of about one size.

    Where a border ends on an edge of the outline, the outline gains a vertex. It lies exactly on
    that edge when the edge has points of the grid there (as edges between points of a coarser
    grid have), else on the nearest point of the grid, less than a unit beside it.

    Raises:
        Invalid: The outline is no valid polygon, or too small or intricate for that many cells.
    """
    _check(outline, cells)
    origin = np.floor(np.array(outline.bounds[:2]) * UNITS_PER_DEGREE)
    ground = shapely.transform(outline, lambda xy: np.rint(xy * UNITS_PER_DEGREE) - origin)

    def weights(x: Floats, y: Floats) -> Floats:
        if density is None:
            return np.ones(len(x))
        return density((x + origin[0]) / UNITS_PER_DEGREE, (y + origin[1]) / UNITS_PER_DEGREE)

    for attempt in range(ATTEMPTS if ground.is_valid else 0):
        rng = np.random.default_rng([seed, attempt])
        faces = _divide(ground, spread(ground, cells, rng, weights), rng)
        if faces is not None:
            degrees = shapely.transform(faces, lambda xy: (xy + origin) / UNITS_PER_DEGREE)
            return list(shapely.orient_polygons(degrees))
    raise Invalid(
        code="outline_too_intricate",
        zh=f"边界过于细碎，无法划分为 {cells} 个网格：请简化边界或减少网格数。",
        en=f"The outline is too intricate for {cells} cells: simplify it or ask for fewer cells.",
    )


def _check(outline: Polygon, cells: int) -> None:
    if cells < 1:
        raise Invalid(
            code="no_cells",
            zh=f"网格数为 {cells}：至少要有 1 个。",
            en=f"{cells} cells were asked for: ask for at least 1.",
        )
    if not isinstance(outline, Polygon) or outline.is_empty or not outline.is_valid:
        raise Invalid(
            code="invalid_outline",
            zh=f"边界不是有效的面（{shapely.is_valid_reason(outline)}）：请先修复。",
            en=f"The outline is no valid polygon ({shapely.is_valid_reason(outline)}): mend it first.",
        )
    if np.sqrt(outline.area / cells) * UNITS_PER_DEGREE < SMALLEST_CELL:
        raise Invalid(
            code="outline_too_small",
            zh=f"边界太小，容不下 {cells} 个网格：每个网格平均宽度应在 1 米以上。",
            en=f"The outline is too small for {cells} cells: their mean width must exceed one metre.",
        )


def _divide(ground: Polygon, sites: Floats, rng: np.random.Generator) -> Geometries | None:
    """Return one polygon per site, or None where rounding let two lines meet."""
    borders = straight_borders(ground, sites)
    rim = Rim(ground, max(STOP_SPACING * np.sqrt(ground.area / len(sites)), 2.0))
    landed, on_rim = rim.land(borders.ends.reshape(-1, 2))
    borders.ends[:] = landed.reshape(-1, 2, 2)
    borders = borders.pick(_is_inner(borders.ends, np.all(on_rim.reshape(-1, 2), axis=1), rim))
    rim_lines = rim.lines()
    lines = _clear_of(rim_lines, *bent(borders, rng))
    parts = shapely.get_parts(shapely.polygonize(rim_lines))
    whole = next(iter(parts[shapely.contains_xy(parts, *sites[0])]), Polygon())
    if shapely.get_num_coordinates(whole) - len(shapely.get_rings(whole)) != len(rim_lines):
        return None  # two edges of the outline met at a stop between them and cut off a tip
    faces = shapely.get_parts(shapely.polygonize(np.concatenate([rim_lines, lines])))
    cells = _one_per_site(faces, sites, whole)
    return cells if cells is not None and _divides(cells, whole) else None


def _divides(cells: Geometries, whole: Polygon) -> bool:
    """Tell whether no two lines met: the areas, whole numbers of half units, must add up."""
    return bool(
        shapely.is_valid(cells).all()
        and np.isclose(shapely.area(cells).sum(), whole.area, rtol=1e-14, atol=0)
    )


def _is_inner(ends: Floats, on_rim: npt.NDArray[np.bool_], rim: Rim) -> npt.NDArray[np.bool_]:
    """Tell which borders still divide something: not shrunk to a point, nor come to lie on the rim."""
    inner: npt.NDArray[np.bool_] = np.any(ends[:, 0] != ends[:, 1], axis=1)
    inner[on_rim] &= ~rim.holds(ends[on_rim].mean(axis=1))
    return inner


def _clear_of(rim_lines: Geometries, vertices: Floats, of: npt.NDArray[np.int64]) -> Geometries:
    """Return the bent borders as lines; one that meets the outline midway is left straight."""
    lines: Geometries = shapely.linestrings(np.rint(vertices), indices=of)
    line, piece = shapely.STRtree(rim_lines).query(lines, predicate="intersects")
    meets = ~shapely.relate_pattern(lines[line], rim_lines[piece], "FF*******")
    wrong = np.unique(line[meets])
    ends = shapely.get_point(lines[wrong][:, np.newaxis], [0, -1])
    lines[wrong] = shapely.linestrings(shapely.get_coordinates(ends).reshape(-1, 2, 2))
    return lines


def _one_per_site(faces: Geometries, sites: Floats, whole: Polygon) -> Geometries | None:
    """Order the faces by their sites, and join those without one to a neighbour.

    A region that a bay of the outline cuts in two has its site in one part only.
    """
    site, face = shapely.STRtree(faces).query(shapely.points(sites), predicate="within")
    if len(site) != len(sites) or len(np.unique(face)) != len(sites):
        return None
    ordered: Geometries = faces[face[np.argsort(site)]]
    strays = np.delete(faces, face)
    # What the lines enclose may also be a hole of the outline.
    waiting = list(strays[shapely.contains(whole, shapely.point_on_surface(strays))])
    for _ in range(len(waiting)):  # each time round at least one finds its neighbour
        waiting = [stray for stray in waiting if not _join(stray, ordered)]
    return None if waiting else ordered


def _join(stray: Polygon, cells: Geometries) -> bool:
    near = shapely.STRtree(cells).query(stray)
    common = shapely.length(shapely.intersection(cells[near], stray))
    if not common.any():
        return False
    host = near[np.argmax(common)]
    cells[host] = shapely.coverage_union_all([cells[host], stray])
    return True
