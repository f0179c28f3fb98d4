"""Boundary files made ready for the upload: a plain Shapefile becomes one zip with its siblings."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.cli.cannot_do import CannotDo

FORMATS = frozenset({".geojson", ".json", ".gpkg", ".zip", ".shp"})
# What belongs to a Shapefile; the first three must be there.
_NEEDED = (".shp", ".shx", ".dbf")
_SIBLINGS = (*_NEEDED, ".prj", ".cpg")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file to upload, under a name no other file of the same import has."""

    file_id: str
    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size


@contextmanager
def packed(files: Sequence[Path]) -> Iterator[list[Parcel]]:
    """Give the parcel of each file; one that occurs twice (two layers of it) is the same parcel.

    Raises:
        CannotDo: a file is missing, of another format, or a Shapefile without its siblings.
    """
    for file in files:
        _check(file)
    with tempfile.TemporaryDirectory(prefix="wangge-") as scratch:
        parcels: dict[Path, Parcel] = {}
        for number, file in enumerate(files, start=1):
            if file.resolve() not in parcels:
                parcels[file.resolve()] = _parcel(file, number, Path(scratch), parcels.values())
        yield [parcels[file.resolve()] for file in files]


def _check(file: Path) -> None:
    if not file.is_file():
        raise CannotDo(f"没有文件 {file}。", f"There is no file {file}.")
    if file.suffix.lower() not in FORMATS:
        formats = " ".join(sorted(FORMATS))
        raise CannotDo(
            f"{file} 的格式不受支持；可用 {formats}。",
            f"{file} is of no format that can be read; give one of {formats}.",
        )


def _parcel(file: Path, number: int, scratch: Path, others: Iterable[Parcel]) -> Parcel:
    path = _zipped(file, scratch / str(number)) if file.suffix.lower() == ".shp" else file
    taken = {other.file_id for other in others}
    return Parcel(path.name if path.name not in taken else f"{number}-{path.name}", path)


def _zipped(file: Path, folder: Path) -> Path:
    siblings = {
        sibling.suffix.lower(): sibling
        for sibling in file.parent.iterdir()
        if sibling.stem == file.stem and sibling.suffix.lower() in _SIBLINGS
    }
    missing = [suffix for suffix in _NEEDED if suffix not in siblings]
    if missing:
        names = " ".join(file.stem + suffix for suffix in missing)
        raise CannotDo(
            f"{file} 旁边缺少 {names}；Shapefile 由多个文件组成，请一并复制。",
            f"{names} is missing beside {file}; a Shapefile is several files: copy them all.",
        )
    folder.mkdir()
    zipped = folder / f"{file.stem}.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for sibling in siblings.values():
            archive.write(sibling, sibling.name)
    return zipped


class WatchedFile(io.FileIO):
    """A file that tells how many of its bytes have been read."""

    def __init__(self, path: Path, on_read: Callable[[int], None]) -> None:
        super().__init__(path)
        self._on_read = on_read

    def read(self, size: int | None = -1, /) -> Any:
        content = super().read(-1 if size is None else size)
        self._on_read(len(content))
        return content
