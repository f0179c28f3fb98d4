"""The folder of one export: what is told of it, its rows as they come, and in the end its file."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import orjson
from pydantic import TypeAdapter

from services.gateway.domain.export import Export
from services.gateway.domain.export_columns import Row

_EXPORT = TypeAdapter(Export)


class ExportFolder:
    """For nobody's eyes but the platform's: rows lie in it in clear."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._told = path / "export.json"
        self._rows = path / "rows.ndjson"
        self._written = path / "written"

    def make(self, export: Export) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.mkdir(mode=0o700)
        self._told.write_bytes(orjson.dumps(asdict(export)))
        self._rows.touch()

    def add(self, rows: Sequence[Row]) -> None:
        """Add a page of rows."""
        with self._rows.open("ab") as kept:
            kept.write(orjson.dumps(rows) + b"\n")

    def export(self) -> Export:
        return _EXPORT.validate_json(self._told.read_bytes())

    def pages(self) -> Iterator[list[Row]]:
        with self._rows.open("rb") as kept:
            for line in kept:
                yield orjson.loads(line)

    def tell_written(self, rows: int) -> None:
        """Say how many rows are in the file so far."""
        scratch = self._written.with_suffix(".new")
        scratch.write_text(str(rows))
        scratch.replace(self._written)

    def written(self) -> int:
        try:
            return int(self._written.read_text())
        except FileNotFoundError:
            return 0

    def file(self, form: str) -> Path:
        return self.path / f"incidents.{form}"

    @contextmanager
    def whole_or_not_at_all(self, export: Export) -> Iterator[Path]:
        """Give a path to write to; what lies there in the end is the file, and the rows are gone."""
        scratch = self.path / f"scratch.{export.form}"
        yield scratch
        scratch.replace(self.file(export.form))
        self._rows.unlink()

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
