"""Exported audit trails, checked without any database: row by row, and against anchors kept elsewhere."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from shared.kernel.audit_chain import BEGINNING
from shared.kernel.trail_check import Flaw, TrailCheck
from shared.runtime.anchors import Anchor, read_lines

MOST_SHOWN = 20
SHOW_EACH = 2_000
_PAIR = re.compile(r"([1-9]\d{0,17}):([0-9a-f]{64})")

Anchors = Mapping[str, Mapping[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The files of one service's trail: what was archived, the oldest first, and then what is live."""

    service: str
    files: tuple[Path, ...]


def verify(
    given: Path, *, pairs: Sequence[str], after: str | None, anchors: Sequence[Anchor]
) -> None:
    """Show what is wrong with a trail, or with all trails of a folder.

    *pairs* are anchors as NUMBER:DIGEST of the only trail; *after* is the row before its first.

    Raises:
        CannotDo: something is, or a file cannot be read, or an anchor is none.
    """
    trails = _trails(given)
    if len(trails) > 1 and (pairs or after):
        raise CannotDo(
            "--anchor 与 --after 只用于单个服务的审计链。",
            "--anchor and --after are for the trail of one service.",
        )
    noted = _by_service(anchors)
    bad: list[str] = []
    for trail in trails:
        of_trail = {**noted.get(trail.service, {}), **dict(map(_pair, pairs))}
        bad += _verified(trail, of_trail, (0, BEGINNING) if after is None else _pair(after))
    if anchors and not noted.keys() & {trail.service for trail in trails}:
        raise CannotDo(
            f"锚点中没有 {trails[0].service}。", f"There are no anchors of {trails[0].service}."
        )
    if bad:
        raise CannotDo(f"审计链不完整：{given}。", f"The trail is not whole: {given}.", bad)


def check_file(service: str, file: Path, *, after: tuple[int, str]) -> tuple[int, str]:
    """Return number and digest of the last row of a part of a trail.

    Raises:
        CannotDo: something is wrong with it.
    """
    check = _passed(Trail(service=service, files=(file,)), {}, after)
    if found := check.flaws():
        lines = [_said(service, flaw) for flaw in found[:MOST_SHOWN]]
        raise CannotDo(f"审计链不完整：{file}。", f"The trail is not whole: {file}.", lines)
    return check.number, str(check.digest)


def read_anchors(given: Path) -> list[Anchor]:
    """Return the anchors of a file, or of all files of a folder.

    Raises:
        CannotDo: there are none, or they cannot be read.
    """
    files = sorted(given.glob("*.jsonl")) if given.is_dir() else [given]
    try:
        found = [anchor for file in files for anchor in read_lines(file)]
    except OSError as error:
        raise _cannot_read(given, error) from None
    except ValueError as error:
        raise CannotDo(
            f"{given} 不是锚点文件：{error}。", f"{given} holds no anchors: {error}."
        ) from None
    if not found:
        raise CannotDo(f"{given} 中没有锚点。", f"There are no anchors in {given}.")
    return found


def _verified(trail: Trail, anchors: Mapping[int, str], after: tuple[int, str]) -> list[str]:
    """Show how a trail stands; return a line for each flaw, the first ones only."""
    check = _passed(trail, anchors, after)
    if found := check.flaws():
        return [_said(trail.service, flaw) for flaw in found[:MOST_SHOWN]]
    last = f"{check.number}:{check.digest}" if check.rows else "0"
    anchored = f"；锚点至 · anchored up to {check.anchored}" if anchors else ""
    screen.show(
        f"{trail.service}: {check.rows} 条，完整 · rows, whole; 末条 · the last is {last}{anchored}"
    )
    return []


def _passed(trail: Trail, anchors: Mapping[int, str], after: tuple[int, str]) -> TrailCheck:
    check = TrailCheck(anchors=anchors, after=after)
    total = sum(file.stat().st_size for file in trail.files if file.is_file())
    with screen.metered(f"校验 · checking {trail.service}", total or None) as meter:
        for _ in check.passing(_rows(trail.files, meter)):
            pass
    return check


def _said(service: str, flaw: Flaw) -> str:
    return f"{service} {flaw.number}: {flaw.zh} · {flaw.en}"


def _rows(files: Sequence[Path], meter: screen.Meter) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of files that follow each other, holding one line at a time."""
    read = 0
    for file in files:
        for number, line in enumerate(_lines(file), start=1):
            read += len(line)
            if number % SHOW_EACH == 0:
                meter.to(read)
            yield _row(file, number, line)


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as lines:
            yield from lines
    except OSError as error:
        raise _cannot_read(file, error) from None


def _row(file: Path, number: int, line: bytes) -> Mapping[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        row = None
    if not isinstance(row, dict):
        raise CannotDo(
            f"{file} 第 {number} 行不是 JSON 对象。", f"Line {number} of {file} is no JSON object."
        )
    return row


def _trails(given: Path) -> list[Trail]:
    """Return the trails that a file or a folder holds; a file is named by its service."""
    if not given.is_dir():
        return [Trail(service=_service_of(given), files=(given,))]
    by_service: dict[str, list[Path]] = {}
    for file in given.glob("*.jsonl"):
        by_service.setdefault(_service_of(file), []).append(file)
    if not by_service:
        raise CannotDo(
            f"{given} 中没有导出的审计链（*.jsonl）。",
            f"There is no exported trail (*.jsonl) in {given}.",
        )
    return [
        Trail(service=service, files=tuple(sorted(files, key=_first_number)))
        for service, files in sorted(by_service.items())
    ]


def _service_of(file: Path) -> str:
    """Return the service of `patrol.jsonl`, or of `patrol-2026-04.jsonl`."""
    return re.split(r"[-_.]", file.name, maxsplit=1)[0]


def _first_number(file: Path) -> int:
    """Return where a file begins; an empty one comes last."""
    for line in _lines(file):
        number = _row(file, 1, line).get("number")
        return number if isinstance(number, int) else 0
    return 2**63


def _by_service(anchors: Sequence[Anchor]) -> Anchors:
    """Return the digests by service and number.

    Raises:
        CannotDo: two anchors contradict each other.
    """
    found: dict[str, dict[int, str]] = {}
    for anchor in anchors:
        known = found.setdefault(anchor.service, {}).setdefault(anchor.number, anchor.digest)
        if known != anchor.digest:
            raise CannotDo(
                f"{anchor.service} 第 {anchor.number} 条有两个不同的锚点：其一被伪造。",
                f"Two anchors of {anchor.service} contradict each other at row {anchor.number}: one is forged.",
            )
    return found


def _pair(text: str) -> tuple[int, str]:
    form = _PAIR.fullmatch(text)
    if form is None:
        raise CannotDo(
            f"--anchor 与 --after 须写作 编号:摘要，而不是 {text}。",
            f"--anchor and --after are written NUMBER:DIGEST, not {text}.",
        )
    return int(form[1]), form[2]


def _cannot_read(file: Path, error: OSError) -> CannotDo:
    return CannotDo(
        f"无法读取 {file}：{error.strerror}。", f"Cannot read {file}: {error.strerror}."
    )
