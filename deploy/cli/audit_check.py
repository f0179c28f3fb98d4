"""An exported audit trail, checked without any database."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo
from shared.kernel.audit_chain import flaws

MOST_SHOWN = 20


def verify(file: Path, anchors: Sequence[str]) -> None:
    """Show what is wrong with a trail.

    Raises:
        CannotDo: something is, or the file cannot be read, or an anchor is none.
    """
    rows = list(_rows(file))
    found = list(islice(flaws(rows, anchors=_anchors(anchors)), MOST_SHOWN))
    if found:
        raise CannotDo(
            f"审计链不完整：{file}。",
            f"The trail is not whole: {file}.",
            [f"{flaw.number}: {flaw.zh} · {flaw.en}" for flaw in found],
        )
    last = f"{rows[-1]['number']}:{rows[-1]['digest']}" if rows else "0"
    screen.show(f"{len(rows)} 条，完整 · rows, whole; 末条 · the last is {last}")


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    number = 0
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                row = orjson.loads(line)
                if not isinstance(row, dict):
                    raise orjson.JSONDecodeError("no object", "", number)
                yield row
    except OSError as error:
        raise CannotDo(
            f"无法读取 {file}：{error.strerror}。", f"Cannot read {file}: {error.strerror}."
        ) from None
    except orjson.JSONDecodeError:
        raise CannotDo(
            f"{file} 第 {number} 行不是 JSON 对象。", f"Line {number} of {file} is no JSON object."
        ) from None


def _anchors(given: Sequence[str]) -> dict[int, str]:
    anchors = {}
    for text in given:
        form = re.fullmatch(r"([1-9]\d{0,17}):([0-9a-f]{64})", text)
        if form is None:
            raise CannotDo(
                f"--anchor 须写作 编号:摘要，而不是 {text}。",
                f"--anchor is written NUMBER:DIGEST, not {text}.",
            )
        anchors[int(form[1])] = form[2]
    return anchors
