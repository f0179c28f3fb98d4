"""The boundary versions of one process: loaded when first asked for, kept, swapped by reference."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.grid.domain.boundary import Boundary
from services.grid.files.boundary_folder import load_boundary
from shared.kernel.errors import NotFound, Unavailable

# How long another process's activation may go unnoticed here.
LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When a version was in force; `until` is None for the present one."""

    version: int
    folder: str
    since: datetime | None
    until: datetime | None


class BoundaryShelf:
    """Every version that can answer; `read_spans` reads them from the database."""

    def __init__(self, folder: Path, read_spans: Callable[[], list[Span]]) -> None:
        self._folder = folder
        self._read_spans = read_spans
        self._loaded: dict[int, Boundary] = {}
        self._spans: list[Span] = []
        self._look_at = 0.0

    def version(self, version: int) -> Boundary:
        """Return a version.

        Raises:
            NotFound: there is none of that number that can answer.
        """
        if version not in self._loaded:
            span = next((span for span in self._read_spans() if span.version == version), None)
            if span is None or not (self._folder / span.folder / "index").exists():
                raise NotFound(
                    code="no_such_boundary",
                    zh=f"没有可查询的边界版本 {version}。",
                    en=f"There is no boundary version {version} that can be looked up.",
                )
            self._loaded[version] = load_boundary(self._folder / span.folder, version)
        return self._loaded[version]

    def in_force(self, at: datetime | None) -> Boundary:
        """Return the version in force at that time, now by default.

        Raises:
            Unavailable: none is; NotFound: none was then.
        """
        for span in self.known_spans():
            if span.since is None:
                continue
            if at is None:
                if span.until is None:
                    return self.version(span.version)
            elif span.since <= at and (span.until is None or at < span.until):
                return self.version(span.version)
        raise _none_in_force() if at is None else _none_was_in_force()

    def in_force_between(self, first: datetime | None, last: datetime | None) -> Boundary | None:
        """Return the newest version that was in force at a moment from *first* to *last*, or None.

        Both moments count; without one there is no bound on that side.
        """
        for span in self.known_spans():
            if span.since is None or (last is not None and span.since > last):
                continue
            if first is None or span.until is None or span.until > first:
                return self.version(span.version)
        return None

    def was_in_force(self, version: int) -> bool:
        """Tell whether a version is in force, or was."""
        return any(span.version == version and span.since for span in self.known_spans())

    def first_since(self) -> datetime | None:
        """Return since when there has been a version in force."""
        return min((span.since for span in self.known_spans() if span.since), default=None)

    def folder_of(self, version: int) -> Path:
        """Return where the files of a version lie."""
        span = next((span for span in self.known_spans() if span.version == version), None)
        if span is None:
            raise _none_was_in_force()
        return self._folder / span.folder

    def look_again(self) -> None:
        """Notice at once that another version is in force."""
        self._look_at = 0.0

    def known_spans(self) -> list[Span]:
        if time.monotonic() >= self._look_at:
            self._spans = self._read_spans()
            self._look_at = time.monotonic() + LOOK_EVERY_S
        return self._spans


def _none_in_force() -> Unavailable:
    return Unavailable(
        code="no_boundary_in_force",
        zh="尚无启用的网格边界；请导入并启用一个版本。",
        en="No boundary is in force; import one and activate it.",
    )


def _none_was_in_force() -> NotFound:
    return NotFound(
        code="no_boundary_then",
        zh="所问的时间或版本没有网格边界。",
        en="There was no boundary at that time, or of that version.",
    )
