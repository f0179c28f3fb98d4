"""What the cells' common borders are worth: overlaps, gaps and lost cells, as findings."""

from collections.abc import Sequence

import numpy as np
import shapely

from services.grid.domain.area import Level
from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.draft_area import DraftArea
from services.grid.domain.finding import Finding, Severity
from services.grid.domain.ground_area import areas_m2
from services.grid.domain.partition import Gap, Overlap, Partition


def border_findings(cells: Sequence[DraftArea], partition: Partition) -> list[Finding]:
    """Return all that making a partition of *cells* changed or could not mend."""
    return [
        *(_overlap(cells, overlap) for overlap in partition.overlaps),
        *(_gap(cells, gap) for gap in partition.gaps),
        *(_vanished(cells[lost]) for lost in partition.vanished),
        *_totals(cells, partition),
    ]


def _overlap(cells: Sequence[DraftArea], overlap: Overlap) -> Finding:
    first, second = cells[overlap.first], cells[overlap.second]
    winner = cells[overlap.winner].code
    return Finding(
        kind="overlap",
        severity=Severity.WARNING,
        zh=f"网格 {first.code} 与 {second.code} 重叠 {overlap.area_m2:,.1f} 平方米；接受后归 {winner}，否则请修改边界。",
        en=f"Cells {first.code} and {second.code} overlap by {overlap.area_m2:,.1f} m²; "
        f"when accepted, {winner} takes it, else mend the border.",
        level=Level.CELL,
        codes=(first.code, second.code),
        lon=overlap.lon,
        lat=overlap.lat,
        area_m2=overlap.area_m2,
    )


def _gap(cells: Sequence[DraftArea], gap: Gap) -> Finding:
    around = tuple(cells[neighbour].code for neighbour in gap.neighbours)
    zh_where = f"网格 {'、'.join(around)} 之间" if len(around) > 1 else f"网格 {around[0]} 之内"
    en_where = (
        f"Between the cells {', '.join(around)}" if len(around) > 1 else f"In cell {around[0]}"
    )
    if gap.filled_by is None:
        then = (
            "接受后仍为空白，其中的点不属于任何网格",
            "stays empty: points in it lie in no cell",
        )
    else:
        taker = cells[gap.filled_by].code
        then = (f"接受后并入 {taker}", f"goes to {taker}")
    return Finding(
        kind="gap" if gap.filled_by is None else "gap_filled",
        severity=Severity.WARNING,
        zh=f"{zh_where}有缝隙 {gap.area_m2:,.1f} 平方米（宽约 {gap.width_m:,.1f} 米）；"
        f"{then[0]}，否则请修改边界。",
        en=f"{en_where} is a gap of {gap.area_m2:,.1f} m² (about {gap.width_m:,.1f} m wide); "
        f"when accepted, it {then[1]}, else mend the border.",
        level=Level.CELL,
        codes=around,
        lon=gap.lon,
        lat=gap.lat,
        area_m2=gap.area_m2,
    )


def _totals(cells: Sequence[DraftArea], partition: Partition) -> list[Finding]:
    """Return how much ground the overlaps and the gaps take in all.

    Ground that three cells cover counts once here, while each of its pairs has an overlap of its own.
    """
    first = np.array([cells[overlap.first].outline for overlap in partition.overlaps])
    second = np.array([cells[overlap.second].outline for overlap in partition.overlaps])
    [overlapped] = areas_m2([shapely.union_all(shapely.intersection(first, second))])
    open_gaps = [gap.area_m2 for gap in partition.gaps if gap.filled_by is None]
    filled = [gap.area_m2 for gap in partition.gaps if gap.filled_by is not None]
    totals = [
        ("overlap_total", len(partition.overlaps), overlapped, "处重叠", "overlaps"),
        ("gap_total", len(open_gaps), sum(open_gaps), "处保留的缝隙", "gaps that stay open"),
        ("gap_filled_total", len(filled), sum(filled), "处填补的细缝", "thin gaps that are filled"),
    ]
    return [
        _total(kind, count, float(area_m2), zh, en)
        for kind, count, area_m2, zh, en in totals
        if count
    ]


def _total(kind: str, count: int, area_m2: float, zh: str, en: str) -> Finding:
    return Finding(
        kind=kind,
        severity=Severity.NOTE,
        zh=f"{count:,} {zh}共占地 {area_m2:,.0f} 平方米。",
        en=f"{count:,} {en} take {area_m2:,.0f} m² of ground in all.",
        level=Level.CELL,
        area_m2=area_m2,
    )


def _vanished(cell: DraftArea) -> Finding:
    return Finding(
        kind="cell_vanished",
        severity=Severity.ERROR,
        zh=f"{cell.file} 第 {cell.feature} 个要素：网格 {cell.code} 全部被其他网格覆盖（或不足一厘米宽），没有自己的范围；请修改边界或删除该网格。",
        en=f"{cell.file}, feature {cell.feature}: cell {cell.code} keeps no ground of its own: others cover "
        "all of it, or it is thinner than a centimetre; mend the borders or delete it.",
        level=Level.CELL,
        codes=(cell.code,),
        file=cell.file,
        feature=cell.feature,
    )


def unusable_borders(refusal: BoundaryUnusable) -> Finding:
    """Return the finding that no partition can be made at all."""
    return Finding(
        kind=refusal.code,
        severity=Severity.ERROR,
        zh=refusal.zh,
        en=refusal.en,
        level=Level.CELL,
    )
