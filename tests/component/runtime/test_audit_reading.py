"""An auditor reads a service's trail, and who is shown sensitive things leaves a note before he sees them."""

from datetime import datetime, timedelta
from typing import Any

import eventlet
import pytest
from sqlalchemy import event, func, select, text

from shared.contracts.audit import AuditFilter
from shared.kernel.actor import PLATFORM, Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import Forbidden, Invalid, Unavailable
from shared.kernel.rights import Permission, Role
from shared.kernel.trail_check import flaws
from shared.runtime import audit, audit_reading
from shared.runtime.call import Call
from shared.runtime.doors import command, rpc
from shared.runtime.tables import audit_entry
from tests.component.running import Running
from tests.component.talkers import Teller

AUDITOR = Actor.of("shen", Role.AUDITOR, place_code="*")
LI = Actor.of("li", Role.DUTY_OFFICER, place_code="420802")
NOON = datetime.fromisoformat("2026-11-20T12:00:00+08:00")


class Secretive(Teller):
    """Shows secrets to whoever says why."""

    @rpc(Permission.OWN_SIGN_IN)
    def secrets(self, ids: list[str], why: str | None = None) -> list[str]:
        seen = self.work.connection.execute(select(func.count()).select_from(audit_entry)).scalar()
        self.read_sensitive(ids, why)
        return [f"secret {each} after {seen}" for each in ids]

    @command(Permission.OWN_SIGN_IN)
    def tell_secret(self, secret_id: str) -> str:
        with self.work.begin():
            self.read_sensitive([secret_id], "移交")
        return secret_id


@pytest.fixture
def reading(talking: Running) -> Running:
    """Give a teller with a trail: each hour somebody did something about one of three matters."""
    talking.start(Secretive)
    entries = []
    for hour in range(30):
        entry = audit.entry_of(
            Call(actor=LI if hour % 2 else PLATFORM),
            "teller.say" if hour % 3 else "teller.shut_up",
            about=f"P{hour % 3}",
            outcome="not_now" if hour % 10 == 0 else "done",
        )
        entries.append(entry | {"at": NOON + timedelta(hours=hour)})
    with talking.database("teller").writing() as connection:
        audit.append(connection, entries)
    return talking


def asked(running: Running, where: dict[str, str]) -> list[int]:
    """Return the numbers of all pages of a list."""
    found: list[int] = []
    cursor = None
    while True:
        page = running.ask(
            "teller", "audit_entries", actor=AUDITOR, where=where, limit=7, cursor=cursor
        )
        found += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def trail(running: Running) -> list[dict[str, Any]]:
    with running.database("teller").reading() as connection:
        rows = list(audit.trail(connection))
    assert list(flaws(rows)) == []
    return rows


class TestAList:
    @pytest.mark.parametrize(
        ("where", "wanted"),
        [
            ({"account": "li"}, lambda hour: hour % 2 == 1),
            ({"about": "P2"}, lambda hour: hour % 3 == 2),
            ({"action": "teller.shut_up"}, lambda hour: hour % 3 == 0),
            ({"action": "teller.s", "account": "li"}, lambda hour: hour % 2 == 1),
            ({"action": "Teller.s"}, lambda hour: False),
            ({"action": "teller%"}, lambda hour: False),
            ({"outcome": "not_now"}, lambda hour: hour % 10 == 0),
            ({"outcome": "done", "about": "P0"}, lambda hour: hour % 3 == 0 and hour % 10 != 0),
            (
                {"at_from": "2026-11-20T13:00:00+08:00", "at_to": "2026-11-20T16:00:00+08:00"},
                lambda hour: hour in (1, 2, 3),
            ),
        ],
    )
    def test_is_newest_first_and_holds_what_is_asked_for(
        self, reading: Running, where: dict[str, str], wanted: Any
    ) -> None:
        until = {"at_to": "2026-11-25T00:00:00+08:00"}  # before this test's own reading

        assert asked(reading, until | where) == [
            hour + 1 for hour in reversed(range(30)) if wanted(hour)
        ]

    def test_gives_entries_as_an_export_would(self, reading: Running) -> None:
        page = reading.ask(
            "teller", "audit_entries", actor=AUDITOR, where={"outcome": "not_now"}, limit=1
        )

        assert page["items"] == [trail(reading)[20]]

    def test_is_itself_noted_in_the_trail(self, reading: Running) -> None:
        reading.ask("teller", "audit_entries", actor=AUDITOR, where={"account": "li"}, limit=5)

        row = trail(reading)[-1]
        assert (row["account"], row["action"], row["outcome"]) == (
            "shen",
            "teller.audit_entries",
            "read",
        )
        assert row["shown"] == {"ids": ["30", "28", "26", "24", "22"], "count": 5}

    def test_names_the_first_twenty_and_counts_the_rest(self, reading: Running) -> None:
        reading.ask("teller", "audit_entries", actor=AUDITOR, where={}, limit=30)

        shown = trail(reading)[-1]["shown"]
        assert (len(shown["ids"]), shown["count"]) == (20, 30)

    @pytest.mark.parametrize("door", ["audit_entries", "audit_anchors"])
    def test_is_for_auditors_alone(self, reading: Running, door: str) -> None:
        administrator = Actor.of("wang", Role.SYSTEM_ADMINISTRATOR, place_code="*")
        arguments: dict[str, Any] = {"where": {}} if door == "audit_entries" else {}

        with pytest.raises(Forbidden):
            reading.ask("teller", door, actor=administrator, **arguments)

        row = trail(reading)[-1]
        assert (row["account"], row["action"], row["outcome"]) == (
            "wang",
            f"teller.{door}",
            "not_permitted",
        )

    @pytest.mark.parametrize("cursor", ["x", "WzEsMl0", "WyIyMDI2IiwgMV0"])
    def test_takes_no_cursor_of_others(self, reading: Running, cursor: str) -> None:
        with pytest.raises(Invalid):
            reading.ask("teller", "audit_entries", actor=AUDITOR, where={}, cursor=cursor)


class TestReadingSensitiveThings:
    def test_leaves_who_read_what_and_why(self, reading: Running) -> None:
        reading.ask("teller", "secrets", actor=LI, ids=["P1"], why="案件核查")

        row = trail(reading)[-1]
        assert (row["account"], row["action"], row["about"], row["outcome"], row["reason"]) == (
            "li",
            "teller.secrets",
            "P1",
            "read",
            "案件核查",
        )

    def test_is_answered_only_when_that_is_kept(
        self, reading: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object, **__: object) -> None:
            raise Unavailable(code="database_busy", zh="忙", en="Busy.")

        monkeypatch.setattr(audit, "note_read", away)

        with pytest.raises(Unavailable):
            reading.ask("teller", "secrets", actor=LI, ids=["P1"])

    def test_by_many_at_once_is_kept_together_and_of_each(self, reading: Running) -> None:
        before = len(trail(reading))
        commits = _count_commits(reading)

        asked = [
            eventlet.spawn(reading.ask, "teller", "secrets", actor=LI, ids=[f"S{n}"])
            for n in range(30)
        ]
        for one in asked:
            one.wait()

        assert {row["about"] for row in trail(reading)[before:]} == {f"S{n}" for n in range(30)}
        assert commits[0] < 30

    def test_in_a_command_is_kept_with_it(self, reading: Running) -> None:
        reading.ask("teller", "tell_secret", actor=LI, secret_id="P7")

        read, done = trail(reading)[-2:]
        assert (read["outcome"], read["about"], read["reason"]) == ("read", "P7", "移交")
        assert done["outcome"] == "done"


def _count_commits(running: Running) -> list[int]:
    count = [0]

    def committed(_: object) -> None:
        count[0] += 1

    event.listen(running.database("teller")._writing_engine, "commit", committed)
    return count


class TestQuestions:
    """Each filter of a list of 50,000 entries is answered from an index, on both databases."""

    @pytest.fixture
    def much(self, talking: Running) -> Running:
        old = china_now() - timedelta(days=300)
        with talking.database("teller").writing() as connection:
            rows: list[dict[str, Any]] = [
                {
                    "number": number,
                    "at": old + timedelta(minutes=number),
                    "account": f"a-{number % 500}",
                    "roles": [],
                    "call_id": "c",
                    "action": f"teller.door_{number % 50}",
                    "about": f"P{number % 5000}" if number % 2 else None,
                    "outcome": "refused" if number % 1000 == 0 else "done",
                    "algorithm": "sha256",
                    "digest": "0" * 64,
                    "month": audit.month_of(old),
                }
                for number in range(1, 50_001)
            ]
            connection.execute(audit_entry.insert(), rows)
            connection.execute(text("ANALYZE"))
        return talking

    @pytest.mark.parametrize(
        "where",
        [
            AuditFilter(),
            AuditFilter(account="a-7"),
            AuditFilter(about="P77"),
            AuditFilter(action="teller.door_7"),
            AuditFilter(outcome="refused"),
            AuditFilter(at_from=china_now() - timedelta(days=290), at_to=china_now()),
            AuditFilter(account="a-7", action="teller.door_7"),
        ],
        ids=["all", "account", "about", "action", "outcome", "span", "account-action"],
    )
    def test_are_answered_from_an_index(self, much: Running, where: AuditFilter) -> None:
        plans: list[str] = []
        with much.database("teller").reading() as connection:
            explain = "EXPLAIN QUERY PLAN " if much.database("teller").is_sqlite else "EXPLAIN "

            def note(_: object, cursor: Any, statement: str, values: Any, *__: object) -> None:
                if statement.startswith("SELECT"):
                    cursor.execute(explain + statement, values)
                    plans.extend(str(row) for row in cursor.fetchall())

            event.listen(connection, "before_cursor_execute", note)
            audit_reading.entries(connection, where, limit=50, cursor=None)

        plan = "\n".join(plans)
        assert "ix_audit_entry_" in plan, plan
        assert "Seq Scan" not in plan
        # All that begins alike is sorted, on SQLite: what else is asked for comes in order.
        assert "TEMP B-TREE" not in plan or where == AuditFilter(action="teller.door_7")
