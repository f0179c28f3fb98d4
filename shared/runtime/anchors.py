"""Anchors of audit trails: where a trail ended, put where the service that wrote it cannot rewrite it.

A chain shows a changed row only as long as nobody makes the rest of the chain anew. So its end is told
now and then, and kept three times: by another service, in a file that is only ever added to and that
the operator takes to another machine, and by a command of the operator's, such as a time stamp (RFC
3161). What was told is also noted in the service's own table – not as proof, but to know what was told.
"""

import os
import shlex
import subprocess
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, cast

import orjson
import structlog
from sqlalchemy import Connection, bindparam, select

from shared.contracts.audit import ANCHORS, AuditAnchored
from shared.contracts.event import source_of
from shared.kernel.clock import china_now
from shared.runtime.background import in_background
from shared.runtime.columns import json_text
from shared.runtime.settings import Settings
from shared.runtime.tables import audit_anchor, audit_entry
from shared.runtime.upsert import adding_once

log = structlog.get_logger()

FOLDER = "anchors"
COMMAND_PATIENCE_S = 30
LOOK_EVERY_S = 0.1

_NEWEST = (
    select(audit_anchor)
    .where(audit_anchor.c.service == bindparam("of"))
    .order_by(audit_anchor.c.number.desc())
    .limit(1)
)
_HEAD = (
    select(audit_entry.c.number, audit_entry.c.digest, audit_entry.c.algorithm)
    .order_by(audit_entry.c.number.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where the trail of *service* ended *at* a moment."""

    service: str
    number: int
    digest: str
    algorithm: str
    at: datetime

    @property
    def told(self) -> AuditAnchored:
        return ANCHORS[self.service](**asdict(self))

    @property
    def line(self) -> bytes:
        """Return the anchor as a line of JSON."""
        return json_text(asdict(self)).encode() + b"\n"


def anchor_of(told: AuditAnchored) -> Anchor:
    """Return the anchor that was told; the type of the event says whose it is, not its body."""
    return Anchor(
        service=source_of(type(told)),
        number=told.number,
        digest=told.digest,
        algorithm=told.algorithm,
        at=told.at,
    )


def due_anchor(connection: Connection, service: str, settings: Settings) -> Anchor | None:
    """Return the anchor that *service* has to tell now; None when nothing was added, or it is early."""
    told = connection.execute(_NEWEST, {"of": service}).first()
    now = china_now()
    if told is not None and now - told.at < timedelta(minutes=settings.audit_anchor_minutes):
        return None
    head = connection.execute(_HEAD).first()
    if head is None or (told is not None and told.number >= head.number):
        return None
    return Anchor(
        service=service, number=head.number, digest=head.digest, algorithm=head.algorithm, at=now
    )


def keep(connection: Connection, anchor: Anchor) -> None:
    """Keep an anchor, once; one that contradicts what is kept is told to the operator, and not kept."""
    newest = connection.execute(_NEWEST, {"of": anchor.service}).first()
    if newest is not None and anchor.number <= newest.number:
        known = connection.scalar(
            select(audit_anchor.c.digest).where(
                audit_anchor.c.service == anchor.service, audit_anchor.c.number == anchor.number
            )
        )
        if known != anchor.digest:
            # The trail is shorter than it was, or another: see `wangge audit verify --kept`.
            log.error("audit_anchor_contradicts", of=anchor.service, number=anchor.number)
        return
    add = adding_once(connection.dialect.name, audit_anchor)
    connection.execute(add, asdict(anchor))


def kept(connection: Connection, services: Iterable[str] = ()) -> list[Anchor]:
    """Return the anchors that lie here, of these services or of all, the oldest first."""
    asked = select(audit_anchor).order_by(audit_anchor.c.service, audit_anchor.c.number)
    if wanted := list(services):
        asked = asked.where(audit_anchor.c.service.in_(wanted))
    return [Anchor(**row._asdict()) for row in connection.execute(asked)]


def put_outside(anchor: Anchor, settings: Settings) -> None:
    """Add the anchor to the file, and give it to the operator's command in the background."""
    try:
        _add_line(settings.data / FOLDER, anchor)
    except OSError as error:
        log.warning("audit_anchor_not_filed", of=anchor.service, reason=error.strerror)
    if settings.anchor_command is not None:
        command = shlex.split(settings.anchor_command)
        in_background(lambda: _give(command, anchor), "anchor-command")


def _add_line(folder: Path, anchor: Anchor) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # One write of a short line: whoever else adds at this moment adds before or after it.
    descriptor = os.open(
        folder / f"{anchor.service}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640
    )
    try:
        os.write(descriptor, anchor.line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give(command: list[str], anchor: Anchor) -> None:
    try:
        code = _run(command, anchor.line)
    except OSError as error:
        code = error.errno
    if code != 0:
        # What stands behind the command's name may hold a secret: it is not told.
        log.warning("anchor_command_failed", command=command[0], code=code)


def _run(command: list[str], line: bytes) -> int | None:
    """Run a command with the line on its input; return its exit code, None when it was too slow."""
    quiet = subprocess.DEVNULL
    # A file, not a pipe: writing into a pipe whose reader has gone would hang a green thread.
    with TemporaryFile() as its_input:
        its_input.write(line)
        its_input.seek(0)
        process = subprocess.Popen(  # noqa: S603 – the operator's own command, and no shell
            command, stdin=its_input, stdout=quiet, stderr=quiet
        )
    ends_at = time.monotonic() + COMMAND_PATIENCE_S
    # Asked now and then: to wait for it would stop the loop, where there is one.
    while process.poll() is None and time.monotonic() < ends_at:
        time.sleep(LOOK_EVERY_S)
    if process.returncode is None:
        process.kill()
        process.wait()
        return None
    return process.returncode


def read_lines(file: Path) -> list[Anchor]:
    """Return the anchors of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: a line of it is no anchor; the text names the line.
    """
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            said = cast(dict[str, Any], orjson.loads(line))
            at = datetime.fromisoformat(said["at"])
            found.append(Anchor(**said | {"at": at}))
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"line {number}") from None
    return found
