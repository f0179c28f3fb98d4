"""What the command line shows: answers on the standard output, the rest on the standard error.

On a terminal long work has a moving bar; elsewhere (a log, a pipe) a plain line now and then.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from deploy.cli.cannot_do import CannotDo

_SILENCE_S = 10.0
_WIDTH_ELSEWHERE = 150

# Texts come from files and servers: brackets and colons in them are no markup.
_out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
_err = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)


class Meter(Protocol):
    """How far a piece of long work has come."""

    def to(self, done: float, note: str = "") -> None: ...


def show(what: RenderableType = "") -> None:
    """Print what was asked for."""
    if isinstance(what, str):
        _out.print(what)
    else:
        width = None if _out.is_terminal else _WIDTH_ELSEWHERE
        _out.print(what, soft_wrap=False, width=width)


def table(title: str, style: str = "bold") -> Table:
    """Return an empty table as all of ours look."""
    return Table(
        title=title, title_justify="left", title_style=style, box=SIMPLE_HEAD, pad_edge=False
    )


def say(line: str) -> None:
    """Tell what is going on."""
    _err.print(f"· {line}")


def warn(line: str) -> None:
    _err.print(f"! {line}", style="yellow")


def fail(reason: CannotDo) -> None:
    """Tell why nothing came of it."""
    _err.print(f"✗ {reason}", style="red")
    for line in reason.details:
        _err.print(f"  {line}")


@contextmanager
def metered(title: str, total: float | None = None) -> Iterator[Meter]:
    """Show *title* and how far the work inside has come; without *total*, that it goes on."""
    if not (_out.is_terminal and _err.is_terminal):
        yield _Lines(title, total)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[share]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=_err, transient=True) as progress:
        task = progress.add_task(title, total=total, note="", share="")
        yield _Bar(progress, task, total)


class _Bar:
    def __init__(self, progress: Progress, task: TaskID, total: float | None) -> None:
        self._progress = progress
        self._task = task
        self._total = total

    def to(self, done: float, note: str = "") -> None:
        self._progress.update(
            self._task, completed=done, note=note, share=_share(done, self._total)
        )


class _Lines:
    """Says at the start what is being done, and then how far it is after each silence."""

    def __init__(self, title: str, total: float | None) -> None:
        self._title = title
        self._total = total
        self._said_at = time.monotonic()
        say(title)

    def to(self, done: float, note: str = "") -> None:
        if time.monotonic() - self._said_at < _SILENCE_S:
            return
        self._said_at = time.monotonic()
        parts: Sequence[str] = [self._title, _share(done, self._total), note]
        say(" ".join(part for part in parts if part))


def _share(done: float, total: float | None) -> str:
    return f"{min(done / total, 1):4.0%}" if total else ""
