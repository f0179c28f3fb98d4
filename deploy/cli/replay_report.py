"""What became of a replay: counts while it runs, and the report at its end."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.cli.mapping import Mapping
from deploy.cli.problem import Refused
from deploy.cli.replay_row import Report
from shared.kernel.clock import china_now
from shared.kernel.errors import FieldError
from shared.kernel.place import PlaceStatus


@dataclass(slots=True)
class ReplayReport:
    """The outcome of each row. `sent` rows were answered; `repeated` ones had been created before."""

    mapping: Mapping
    file: str
    rows: int = 0
    skipped: int = 0
    created: int = 0
    repeated: int = 0
    outside: int = 0
    snapped: int = 0
    compared: int = 0
    agreed: int = 0
    stopped: str | None = None
    bad_rows: list[dict[str, Any]] = field(default_factory=list)
    refused_rows: list[dict[str, Any]] = field(default_factory=list)
    disagreements: list[dict[str, Any]] = field(default_factory=list)
    started_at: datetime = field(default_factory=china_now)
    _began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    @property
    def sent(self) -> int:
        return self.created + self.repeated + len(self.refused_rows)

    @property
    def bad(self) -> int:
        return len({entry["row"] for entry in self.bad_rows})

    @property
    def refused_by_code(self) -> dict[str, int]:
        counts = Counter(entry["code"] for entry in self.refused_rows)
        return dict(counts.most_common())

    @property
    def agreement(self) -> float | None:
        return self.agreed / self.compared if self.compared else None

    def finish(self) -> None:
        self.seconds = time.monotonic() - self._began

    def add_bad_row(self, row: int, errors: Sequence[FieldError]) -> None:
        self.bad_rows += [
            {
                "row": row,
                "column": error.field or None,
                "code": error.code,
                "zh": error.zh,
                "en": error.en,
            }
            for error in errors
        ]

    def add_refused(self, report: Report, refused: Refused) -> None:
        zh, en = refused.said
        self.refused_rows.append(
            {
                "row": report.row,
                "key": report.row_key,
                "status": refused.status,
                "code": refused.code,
                "zh": zh,
                "en": en,
                "errors": list(refused.errors),
            }
        )

    def add_answer(self, report: Report, incident: dict[str, Any], server_time: datetime) -> None:
        """Count an incident that the platform holds; older than this run it was repeated."""
        if datetime.fromisoformat(incident["reported_at"]) < server_time:
            self.repeated += 1
        else:
            self.created += 1
        place = incident["place"]
        self.outside += place["status"] == PlaceStatus.OUTSIDE
        self.snapped += place["status"] == PlaceStatus.SNAPPED
        if report.expected is not None:
            self._compare(report, incident)

    def _compare(self, report: Report, incident: dict[str, Any]) -> None:
        assert self.mapping.expected_area is not None  # noqa: S101 – or nothing had been expected
        area = incident["place"][self.mapping.expected_area.level]
        answered = area["code"] if area else None
        self.compared += 1
        if answered == report.expected:
            self.agreed += 1
            return
        self.disagreements.append(
            {
                "row": report.row,
                "key": report.row_key,
                "matter_no": incident["matter_no"],
                "status": incident["place"]["status"],
                "recorded": report.expected,
                "answered": answered,
            }
        )

    def as_document(self) -> dict[str, Any]:
        """Return the whole report, JSON-ready."""
        expected = self.mapping.expected_area
        return {
            "mapping": self.mapping.name,
            "file": self.file,
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.sent / self.seconds, 1) if self.seconds else None,
            "stopped": self.stopped,
            "rows": self.rows,
            "skipped": self.skipped,
            "sent": self.sent,
            "created": self.created,
            "repeated": self.repeated,
            "snapped": self.snapped,
            "outside": self.outside,
            "refused": self.refused_by_code,
            "bad": self.bad,
            "agreement": expected
            and {
                "column": expected.column,
                "level": expected.level,
                "compared": self.compared,
                "agreed": self.agreed,
                "share": self.agreement,
            },
            "bad_rows": self.bad_rows,
            "refused_rows": self.refused_rows,
            "disagreements": self.disagreements,
        }
