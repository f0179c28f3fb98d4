"""Which file of a boundary import holds which level: the repeated options, paired with the files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.cli.cannot_do import CannotDo
from shared.contracts.grid import BoundaryLayer

NONE = "-"
"""Stands for "none" where only some of the files have a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOptions:
    """The values of each option, in the order of the files; a single one is for all of them."""

    level: Sequence[str]
    code_field: Sequence[str]
    name_field: Sequence[str] = field(default_factory=tuple)
    parent_field: Sequence[str] = field(default_factory=tuple)
    layer: Sequence[str] = field(default_factory=tuple)
    crs: Sequence[str] = field(default_factory=tuple)
    encoding: Sequence[str] = field(default_factory=tuple)


def layers_of(
    files: Sequence[Path], options: LayerOptions, file_ids: Sequence[str]
) -> list[BoundaryLayer]:
    """Return one layer for each file; `file_ids` are the names the files are uploaded under.

    Raises:
        CannotDo: an option has neither one value nor one for each file, or a needed one is none.
    """
    levels = _needed("--level", options.level, len(files))
    code_fields = _needed("--code-field", options.code_field, len(files))
    name_fields = _paired("--name-field", options.name_field, len(files))
    parent_fields = _paired("--parent-field", options.parent_field, len(files))
    layers = _paired("--layer", options.layer, len(files))
    references = _paired("--crs", options.crs, len(files))
    encodings = _paired("--encoding", options.encoding, len(files))
    return [
        BoundaryLayer(
            file_id=file_ids[place],
            file_name=files[place].name,
            level=levels[place],
            code_field=code_fields[place],
            name_field=name_fields[place],
            parent_field=parent_fields[place],
            layer=layers[place],
            crs=references[place],
            encoding=encodings[place],
        )
        for place in range(len(files))
    ]


def _paired(option: str, values: Sequence[str], files: int) -> list[str | None]:
    if len(values) not in (0, 1, files):
        raise CannotDo(
            f"{option} 给了 {len(values)} 个值，而文件有 {files} 个；请给一个（用于全部）或每个文件一个（没有则写 {NONE}）。",
            f"{option} has {len(values)} values for {files} files; "
            f"give one for all or one for each ({NONE} where there is none).",
        )
    given = [None if value == NONE else value for value in values] or [None]
    return given * files if len(given) == 1 else given


def _needed(option: str, values: Sequence[str], files: int) -> list[str]:
    paired = _paired(option, values, files)
    needed = [value for value in paired if value]
    if len(needed) != files:
        raise CannotDo(
            f"每个文件都需要 {option}。",
            f"Every file needs {option}: give one for all or one for each.",
        )
    return needed
