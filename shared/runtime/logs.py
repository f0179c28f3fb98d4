"""Structured logs: one JSON line each, with call id and matter number, never with personal data."""

import logging
import logging.handlers
import sys
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from shared.kernel.personal_data import Personal

# What a log line may not hold, whatever a caller passes: the values are replaced.
_PERSONAL = frozenset(
    {
        "personal",
        "title",
        "description",
        "note",
        "name",
        "phone",
        "id_number",
        "password",
        "token",
        "payload",
    }
)


def _mask(_: Any, __: str, line: EventDict) -> EventDict:
    return {key: "***" if key in _PERSONAL else _masked(value) for key, value in line.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "***" if k in _PERSONAL else _masked(inner) for k, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    if isinstance(value, Personal):
        return value.masked
    return value


def set_up_logs(level: str, file: Path | None = None) -> None:
    """Send every log line, the libraries' too, to *file*, or to standard error without one."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        _mask,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )
    # No line of ours shows these, and each is looked up for every line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = _handler(file)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("nameko", "kombu", "amqp", "alembic", "uvicorn.access", "httpx"):
        logging.getLogger(chatty).setLevel("WARNING")
    # It shows the whole trace of every connection that breaks; we say in a line what became of it.
    logging.getLogger("aiormq").setLevel("ERROR")


def _handler(file: Path | None) -> logging.Handler:
    if file is None:
        return logging.StreamHandler(sys.stderr)
    file.parent.mkdir(parents=True, exist_ok=True)
    return _LogFile(file, maxBytes=20_000_000, backupCount=5, encoding="utf-8")


class _LogFile(logging.handlers.RotatingFileHandler):
    """A file that begins anew once it is full.

    The library's own formats every line a second time, and asks the file system twice, to begin
    anew before the file is too full.
    """

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 – the library's name
        return self.stream is not None and self.stream.tell() >= self.maxBytes
