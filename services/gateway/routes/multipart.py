"""Uploads, read from the wire straight into files without a name, a limit in mind.

Starlette's own parser hands large parts to a thread pool that cannot run on eventlet's loop; this
one writes each chunk where `Edge.run` takes it.
"""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from services.gateway.routes.problems import malformed, too_large, wrong_media_type
from shared.runtime.edge import Edge

_MOST_PARTS = 100
_LONGEST_TEXT = 1 << 20
_LONGEST_HEADER = 8_192
_BUFFER = 1 << 20
# What may stand around the files: texts, headers, boundaries.
_AROUND = 2 << 20


@dataclass(slots=True)
class Upload:
    """One uploaded file; it vanishes when it is closed."""

    name: str
    content: BinaryIO
    digest: str = ""


@dataclass(slots=True)
class _Part:
    header: bytes = b""
    value: bytes = b""
    disposition: bytes = b""
    name: str = ""
    is_file: bool = False
    file_name: str = ""
    text: bytes = b""


class Form:
    """The files and texts of one multipart request; close it to give the space back."""

    def __init__(self) -> None:
        self.files: list[Upload] = []
        self.texts: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for upload in self.files:
            upload.content.close()


async def read_form(request: Request, edge: Edge, folder: Path, limit_mb: int) -> Form:
    """Read the whole request into files under *folder*; they may have *limit_mb* together.

    Raises:
        HttpRefusal: it is not multipart, not well formed, or longer than it may be.
    """
    media_type, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if media_type != b"multipart/form-data" or not boundary:
        raise wrong_media_type("multipart/form-data")
    reading = _Reading(folder, limit_mb << 20)
    try:
        await reading.read(request, edge, boundary)
    except BaseException as error:
        reading.form.__exit__(None, None, None)
        if isinstance(error, FormParserError | UnicodeDecodeError):
            raise _not_well_formed() from None
        raise
    return reading.form


class _Reading:
    """Collects what the parser calls out, and writes it a megabyte at a time."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.form = Form()
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._file_bytes = 0
        self._part = _Part()
        self._parts = 0
        self._digest = hashlib.sha256()
        self._to_do: list[Callable[[], object]] = []
        self._buffered = 0
        self._is_whole = False

    async def read(self, request: Request, edge: Edge, boundary: bytes) -> None:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._close,
            },
        )
        seen = 0
        async for chunk in request.stream():
            seen += len(chunk)
            if seen > self._limit_bytes + _AROUND:
                raise too_large(self._limit_bytes)
            parser.write(chunk)
            if self._buffered >= _BUFFER:
                await edge.run(self._write)
        parser.finalize()
        if not self._is_whole:
            raise _not_well_formed()
        await edge.run(self._write)

    def _write(self) -> None:
        to_do, self._to_do, self._buffered = self._to_do, [], 0
        for act in to_do:
            act()

    def _close(self) -> None:
        self._is_whole = True

    def _begin(self) -> None:
        self._part = _Part()
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _not_well_formed()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.header = self._longer(self._part.header, data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value = self._longer(self._part.value, data[start:end])

    def _longer(self, text: bytes, more: bytes) -> bytes:
        if len(text) + len(more) > _LONGEST_HEADER:
            raise _not_well_formed()
        return text + more

    def _header_end(self) -> None:
        if self._part.header.lower() == b"content-disposition":
            self._part.disposition = self._part.value
        self._part.header = self._part.value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._part.disposition)
        if b"name" not in options:
            raise _not_well_formed()
        self._part.name = options[b"name"].decode()
        self._part.is_file = b"filename" in options
        if self._part.is_file:
            self._part.file_name = options[b"filename"].decode()
            self._open()

    def _open(self) -> None:
        part = self._part
        self._folder.mkdir(parents=True, exist_ok=True)
        content = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 – the form closes it
        self.form.files.append(Upload(part.file_name, content))
        self._digest = hashlib.sha256()

    def _data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if not self._part.is_file:
            if len(self._part.text) + len(piece) > _LONGEST_TEXT:
                raise too_large(_LONGEST_TEXT)
            self._part.text += piece
            return
        self._file_bytes += len(piece)
        if self._file_bytes > self._limit_bytes:
            raise too_large(self._limit_bytes)
        content, digest = self.form.files[-1].content, self._digest
        self._buffered += len(piece)
        self._to_do += [lambda: content.write(piece), lambda: digest.update(piece)]

    def _end(self) -> None:
        if not self._part.is_file:
            self.form.texts[self._part.name] = self._part.text.decode()
            return
        upload, digest = self.form.files[-1], self._digest

        def finish() -> None:
            upload.digest = digest.hexdigest()

        self._to_do.append(finish)


def _not_well_formed() -> Exception:
    return malformed(
        "multipart/form-data 内容不合格式，或部分过多。",
        "The multipart/form-data content is not well formed, or has too many parts.",
        code="form_malformed",
    )
