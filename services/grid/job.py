"""The child process that checks a boundary set: GDAL and PROJ live here and in no service.

    python -m services.grid.job build --spec SPEC.json --out FOLDER
    python -m services.grid.job index --from FOLDER

Progress goes to the standard output, one JSON object per line; the last line says "finished", or
"failed" with the refusal, and then the exit code is not 0.
"""

import argparse
import json
import logging
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.grid.domain.boundary_draft import BoundaryDraft, by_weight
from services.grid.domain.code_lineage import code_lineage
from services.grid.domain.draft_building import DraftOptions, build_draft
from services.grid.domain.index_build import build_index
from services.grid.domain.source_layer import SourceLayer
from services.grid.files.draft_folder import (
    INDEX_FOLDER,
    read_draft,
    whole_or_not_at_all,
    write_draft,
    write_lineage,
)
from services.grid.files.layer_file import LayerFile, read_layer
from services.grid.files.refusal import unusable
from services.grid.files.tiles import render_tiles
from shared.kernel.errors import FieldError, Invalid, Refusal, Unavailable

_STEPS = {
    "read": ("读取文件", "reading the files"),
    "check": ("检查图形和编码", "checking geometries and codes"),
    "nest": ("确定隶属关系", "finding what lies in what"),
    "borders": ("检查网格边界", "checking the cells' borders"),
    "levels": ("比较各级边界", "comparing the levels"),
    "lineage": ("比较新旧编码", "comparing with the codes in force"),
    "index": ("建立索引", "building the index"),
    "tiles": ("绘制矢量瓦片", "rendering the vector tiles"),
    "write": ("写入结果", "writing the result"),
    "finished": ("完成", "finished"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSpec:
    """What is to be built: the files of the set, one or more for each level, and how to read it.

    `previous` is the folder of the version in force, `earlier` are those of the ones before it, the
    oldest first; the draft's codes are compared with theirs.
    """

    layers: Sequence[LayerFile]
    options: DraftOptions
    previous: Path | None = None
    earlier: Sequence[Path] = ()


_BUILD_SPEC = TypeAdapter(BuildSpec)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="services.grid.job", description=__doc__)
    commands = parser.add_subparsers(required=True)
    build = commands.add_parser("build", help="check a set and write it as a draft")
    build.add_argument("--spec", type=Path, required=True)
    build.add_argument("--out", type=Path, required=True)
    build.set_defaults(run=lambda asked: build_folder(asked.spec, asked.out))
    index = commands.add_parser("index", help="build a draft's index anew from its outlines")
    index.add_argument("--from", dest="folder", type=Path, required=True)
    index.set_defaults(run=lambda asked: rebuild_index(asked.folder))
    asked = parser.parse_args(arguments)
    try:
        asked.run(asked)
    except Refusal as refusal:
        _tell({"step": "failed", "error": refusal.to_wire()})
        return 2
    except Exception:
        logging.exception("The boundary job failed")
        _tell({"step": "failed", "error": _UNEXPECTED.to_wire()})
        return 1
    return 0


def build_folder(spec_file: Path, out: Path) -> None:
    """Check the set that *spec_file* describes and write it to *out*, whole or not at all.

    The index is built only of a draft that can be activated.

    Raises:
        Invalid: the specification or a file cannot be used, or *out* exists.
    """
    spec = _read_spec(spec_file)
    with whole_or_not_at_all(out) as scratch:
        draft = build_draft(_read_layers(spec.layers), spec.options, _progress)
        if draft.can_be_activated and spec.previous is not None:
            draft = _compared(draft, spec.previous, spec.earlier, scratch)
        if draft.can_be_activated:
            _progress("index", 0, 1)
            build_index(draft.faces).save(scratch / INDEX_FOLDER)
            _progress("tiles", 0, 1)
            render_tiles(draft.areas, scratch)
        _progress("write", 0, 1)
        write_draft(draft, scratch)
    _progress("finished", 1, 1, **_outcome(draft))


def rebuild_index(folder: Path) -> None:
    """Build the index of the draft in *folder* anew, in place of the one that is there or lost.

    Raises:
        Invalid: there is no draft, or it has errors and so no index.
    """
    draft = _draft_in(folder)
    if not draft.can_be_activated:
        raise unusable(
            folder.name,
            "draft_has_errors",
            "草稿有错误，没有索引；请改正后重新导入。",
            "the draft has errors and so no index; mend them and import again.",
        )
    _progress("index", 0, 1)
    lost = folder / INDEX_FOLDER
    shutil.rmtree(lost, ignore_errors=True)
    with whole_or_not_at_all(lost) as scratch:
        build_index(draft.faces).save(scratch)
    _progress("finished", 1, 1, **_outcome(draft))


def _read_spec(spec_file: Path) -> BuildSpec:
    try:
        return _BUILD_SPEC.validate_json(spec_file.read_bytes())
    except OSError as cause:
        raise unusable(
            spec_file.name,
            "boundary_spec_missing",
            "无法打开导入说明，请检查路径。",
            "the import's specification cannot be opened; look at the path.",
        ) from cause
    except ValidationError as wrong:
        raise Invalid(
            code="boundary_spec_malformed",
            zh="导入说明有误，请按所列字段改正。",
            en="The import's specification is wrong; mend the fields listed.",
            errors=[
                FieldError(
                    field=".".join(str(part) for part in error["loc"]),
                    code=error["type"],
                    zh=f"字段有误：{error['msg']}",
                    en=error["msg"],
                )
                for error in wrong.errors(include_url=False)
            ],
        ) from wrong


def _read_layers(files: Sequence[LayerFile]) -> list[SourceLayer]:
    """Read all files, so that every unusable one is named at once."""
    layers: list[SourceLayer] = []
    errors: list[FieldError] = []
    for done, file in enumerate(files):
        _progress("read", done, len(files))
        try:
            layers.append(read_layer(file))
        except Invalid as refusal:
            errors += refusal.errors
    if errors or not files:
        raise Invalid(
            code="boundary_files_unusable",
            zh="没有可导入的文件。" if not files else " ".join(error.zh for error in errors),
            en="There is no file to import."
            if not files
            else " ".join(error.en for error in errors),
            errors=errors,
        )
    return layers


def _draft_in(folder: Path) -> BoundaryDraft:
    try:
        return read_draft(folder)
    except FileNotFoundError as cause:
        raise unusable(
            folder.name,
            "draft_missing",
            "目录中没有完整的草稿；请检查路径，或从备份恢复。",
            "there is no whole draft in it; look at the path, or restore it from the backup.",
        ) from cause


def _compared(
    draft: BoundaryDraft, previous: Path, earlier: Sequence[Path], scratch: Path
) -> BoundaryDraft:
    """Write what becomes of the codes in force; return the draft with what was found in that."""
    _progress("lineage", 0, 1)
    retired = [area for folder in earlier for area in _draft_in(folder).areas]
    lineage = code_lineage(_draft_in(previous).areas, draft.areas, retired)
    write_lineage(lineage, scratch)
    return replace(draft, findings=by_weight([*draft.findings, *lineage.findings]))


def _outcome(draft: BoundaryDraft) -> dict[str, Any]:
    return {
        "can_be_activated": draft.can_be_activated,
        "needs_acceptance": draft.needs_acceptance,
        "counts": draft.counts,
    }


def _progress(step: str, done: int, total: int, **more: Any) -> None:
    zh, en = _STEPS[step]
    _tell({"step": step, "done": done, "total": total, "zh": zh, "en": en, **more})


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


_UNEXPECTED = Unavailable(
    code="boundary_job_failed",
    zh="检查边界时发生意外错误，请把日志交给系统管理员。",
    en="Checking the boundary failed unexpectedly; show the log to the administrator.",
)


if __name__ == "__main__":
    sys.exit(main())
