"""The desk of the edge's own audit trail: read by auditors, and anchored."""

from typing import Any

from shared.contracts.audit import AuditFilter
from shared.runtime import anchors, audit, audit_reading
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.settings import Settings


class AuditDesk:
    """Every method waits for the database, so call it off the loop."""

    def __init__(self, settings: Settings, database: ServiceDatabase) -> None:
        self._settings = settings
        self._database = database

    def audit_entries(
        self, where: AuditFilter, call: Call, *, limit: int, cursor: str | None
    ) -> dict[str, Any]:
        """Return a page of the edge's own trail; the reading is noted in it."""
        with self._database.reading() as connection:
            page = audit_reading.entries(connection, where, limit=limit, cursor=cursor)
        numbers = [str(item["number"]) for item in page["items"]]
        audit.note_read(
            self._database,
            call,
            "gateway.audit_entries",
            numbers,
            algorithm=self._settings.audit_digest,
        )
        return page

    def audit_anchors(self, call: Call) -> list[dict[str, Any]]:
        """Return what the edge has told of its own trail."""
        with self._database.reading() as connection:
            return audit_reading.kept_anchors(connection, "gateway")

    def due_anchor(self) -> anchors.Anchor | None:
        """Return where the edge's audit trail ends, when that has to be told now."""
        with self._database.reading() as connection:
            return anchors.due_anchor(connection, "gateway", self._settings)

    def note_anchor(self, anchor: anchors.Anchor) -> None:
        """Note an anchor that another service keeps, and put it outside."""
        with self._database.writing() as connection:
            anchors.keep(connection, anchor)
        anchors.put_outside(anchor, self._settings)
