"""The files that make up a Shapefile, brought together out of an archive or a folder."""

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from services.grid.files.refusal import unusable
from services.grid.files.shapefile_texts import PRJ_IS_KEPT_AS

MOST_UNPACKED_BYTES = 512 * 1024 * 1024
"""A county's cells take about 20 MB; a small archive that unpacks to more than this is an attack."""

_NEEDED = (".shp", ".shx", ".dbf")
_WANTED = {**{suffix: suffix for suffix in (*_NEEDED, ".cpg")}, ".prj": PRJ_IS_KEPT_AS}
_CHUNK = 1024 * 1024

# What zipfile raises on damaged archives; RuntimeError: encrypted; NotImplementedError, which is
# one: a compression that Python does not know; OSError and ValueError: places outside the file.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError)


def unpack_shapefile(
    archive: Path,
    folder: Path,
    *,
    file: str,
    layer: str | None = None,
    most_bytes: int = MOST_UNPACKED_BYTES,
) -> Path:
    """Write the one Shapefile of *archive* (the one called *layer*, when given) into *folder*.

    The members' own names never become paths: whatever they say, what is written is
    `boundary.shp` and its companions in *folder*. Returns the path of `boundary.shp`.

    Raises:
        Invalid: not a zip archive, damaged, encrypted, too large, or without exactly one Shapefile.
    """
    try:
        with zipfile.ZipFile(archive) as members:
            chosen = _companions(members, _chosen_shp(members, file, layer), file)
            left = most_bytes
            for suffix, member in chosen.items():
                left -= _unpack(members, member, _kept_as(folder, suffix), left, file)
    except _UNREADABLE as cause:
        raise unusable(
            file,
            "archive_unreadable",
            f"无法解压（{cause}）；请重新打包为不加密的普通 zip。",
            f"it cannot be unpacked ({cause}); pack it again as a plain zip without a password.",
        ) from cause
    return folder / "boundary.shp"


def gather_shapefile(shp: Path, folder: Path, *, file: str) -> Path:
    """Link *shp* and its companions into *folder* under the names that `unpack_shapefile` gives them.

    Raises:
        Invalid: a companion is missing.
    """
    found = {part.suffix.lower(): part for part in shp.parent.iterdir() if part.stem == shp.stem}
    found[".shp"] = shp
    _check_companions(found, file)
    for suffix in _WANTED.keys() & found.keys():
        _kept_as(folder, suffix).symlink_to(found[suffix].resolve())
    return folder / "boundary.shp"


def _kept_as(folder: Path, suffix: str) -> Path:
    return folder / f"boundary{_WANTED[suffix]}"


def _chosen_shp(archive: zipfile.ZipFile, file: str, layer: str | None) -> str:
    inside = [
        name
        for name in archive.namelist()
        if name.lower().endswith(".shp") and "__MACOSX" not in name
    ]
    found = [name for name in inside if layer is None or _layer_name(name) == layer]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(map(_layer_name, inside))) or "–"
    if layer is None and inside:
        raise unusable(
            file,
            "layer_ambiguous",
            f"压缩包内有 {len(inside)} 个 Shapefile（{names}）；请用图层选项指明一个，或只打包一个。",
            f"the archive holds {len(inside)} Shapefiles ({names}); name one as the layer, or pack only one.",
        )
    raise unusable(
        file,
        "layer_missing",
        f"压缩包内没有{'名为 ' + layer + ' 的' if layer else ''} .shp 文件（现有：{names}）。",
        f"the archive holds no .shp file{' called ' + layer if layer else ''} (there is: {names}).",
    )


def _layer_name(member: str) -> str:
    # Some Windows programs write backslashes into archives.
    return PurePosixPath(member.replace("\\", "/")).stem


def _companions(archive: zipfile.ZipFile, shp: str, file: str) -> dict[str, str]:
    """Return the member's name by suffix, of the files that make up the Shapefile *shp*."""
    stem = shp[: -len(".shp")]
    found = {
        name[len(stem) :].lower(): name for name in archive.namelist() if name.startswith(stem)
    }
    _check_companions(found, file)
    return {suffix: found[suffix] for suffix in _WANTED if suffix in found}


def _check_companions(suffixes: Collection[str], file: str) -> None:
    missing = [suffix for suffix in _NEEDED if suffix not in suffixes]
    if missing:
        raise unusable(
            file,
            "shapefile_incomplete",
            f"Shapefile 不完整，缺少 {'、'.join(missing)}；.shp、.shx、.dbf、.prj 须同名，并打成一个 zip。",
            f"the Shapefile lacks {', '.join(missing)}; .shp, .shx, .dbf and .prj belong together: "
            "give them one name and pack them into one zip.",
        )


def _unpack(archive: zipfile.ZipFile, member: str, target: Path, most: int, file: str) -> int:
    """Write *member* to *target*, counting the bytes that come out, not those the archive promises."""
    written = 0
    with archive.open(member) as packed, target.open("wb") as unpacked:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > most:
                raise unusable(
                    file,
                    "archive_too_large",
                    "解压后超过大小上限；请减少顶点或分级导入。",
                    "it unpacks to more than is allowed; thin out the vertices or import level by level.",
                )
            unpacked.write(chunk)
    return written
