"""The folder in which a checked draft lies: written whole or not at all, read without GDAL."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from services.grid.domain.area import Area, Level
from services.grid.domain.boundary_draft import BoundaryDraft
from services.grid.domain.code_lineage import Lineage
from services.grid.domain.finding import Finding, Severity
from services.grid.files.refusal import unusable
from shared.kernel.grid_code import CodeScheme

FORMAT = 1
INDEX_FOLDER = "index"
"""Where `PlanarIndex.save` puts the index of the draft's faces."""

_REPORT, _LINEAGE = "draft.json", "lineage.json"
_OUTLINES, _OFFSETS = "outlines.bin", "outline_offsets.npy"
_CHAIN_LEVELS = (Level.COMMUNITY, Level.STREET, Level.DISTRICT)


@contextmanager
def whole_or_not_at_all(folder: Path) -> Iterator[Path]:
    """Give a scratch folder that becomes *folder* when the block ends well, and vanishes when not.

    What a killed process left beside it is swept away first.

    Raises:
        Invalid: *folder* exists already; a draft is never written over another.
    """
    if folder.exists():
        raise unusable(
            folder.name,
            "draft_exists",
            "该草稿已存在；请换一个输出目录。",
            "this draft exists already; give another folder.",
        )
    scratch = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
        for written in [*scratch.rglob("*"), scratch]:
            _keep(written)
        scratch.rename(folder)
        _keep(folder.parent)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def write_draft(draft: BoundaryDraft, folder: Path) -> None:
    """Write *draft* into *folder*: `draft.json`, the outlines of all areas, and the cells' chain.

    `outlines.bin` holds the areas' outlines as WKB one after the other, `outline_offsets.npy` where
    each begins and the last ends; `cell_<level>.npy` is the chain (int32, one number per cell).
    """
    report = {
        "format": FORMAT,
        "scheme": draft.scheme,
        "can_be_activated": draft.can_be_activated,
        "needs_acceptance": draft.needs_acceptance,
        "counts": draft.counts,
        "totals": {
            kind: {"count": count, "area_m2": area_m2}
            for kind, (count, area_m2) in draft.totals.items()
        },
        "findings": [asdict(finding) for finding in draft.findings],
        "areas": [
            {
                "level": area.level,
                "code": area.code,
                "name": area.name,
                "parent_code": area.parent_code,
            }
            for area in draft.areas
        ],
    }
    text = json.dumps(report, ensure_ascii=False, separators=(",", ":"))
    (folder / _REPORT).write_text(text, "utf-8")
    _write_outlines([area.outline for area in draft.areas], folder)
    for level, positions in draft.chain.items():
        np.save(_chain_file(folder, level), positions)


def write_lineage(lineage: Lineage, folder: Path) -> None:
    """Write `lineage.json` into *folder*: the list of code changes, unchanged codes included."""
    changes = [asdict(change) for change in lineage.changes]
    (folder / _LINEAGE).write_text(json.dumps(changes, ensure_ascii=False), "utf-8")


def read_draft(folder: Path) -> BoundaryDraft:
    """Return the draft that `write_draft` wrote."""
    report = json.loads((folder / _REPORT).read_text("utf-8"))
    outlines = _read_outlines(folder)
    return BoundaryDraft(
        scheme=CodeScheme(report["scheme"]),
        areas=tuple(
            Area(**{**area, "level": Level(area["level"])}, outline=outline)
            for area, outline in zip(report["areas"], outlines, strict=True)
        ),
        chain={
            level: np.load(_chain_file(folder, level)) for level in _CHAIN_LEVELS if report["areas"]
        },
        findings=tuple(_finding(finding) for finding in report["findings"]),
    )


def _chain_file(folder: Path, level: Level) -> Path:
    return folder / f"cell_{level}.npy"


def _finding(values: dict[str, Any]) -> Finding:
    return Finding(
        **{
            **values,
            "severity": Severity(values["severity"]),
            "codes": tuple(values["codes"]),
        }
    )


def _write_outlines(outlines: Sequence[Any], folder: Path) -> None:
    pieces = shapely.to_wkb(np.array(outlines, dtype=object)).tolist()
    (folder / _OUTLINES).write_bytes(b"".join(pieces))
    np.save(folder / _OFFSETS, np.cumsum([0, *map(len, pieces)], dtype=np.int64))


def _read_outlines(folder: Path) -> NDArray[Any]:
    packed = memoryview((folder / _OUTLINES).read_bytes())
    offsets = np.load(folder / _OFFSETS).tolist()
    pieces = [bytes(packed[a:b]) for a, b in pairwise(offsets)]
    return np.asarray(shapely.from_wkb(np.array(pieces, dtype=object)))


def _keep(written: Path) -> None:
    """Have *written* on the disk, not only in the system's memory."""
    handle = os.open(written, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
