"""What is done and what is refused stands in the audit trail, with its doer, once, and stays there."""

from pathlib import Path

import eventlet
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from shared.kernel.actor import Actor
from shared.kernel.errors import RuleBroken
from shared.kernel.rights import Permission, Role
from shared.kernel.trail_check import flaws
from shared.runtime import audit
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.doors import command
from shared.runtime.migrations import migrate
from shared.runtime.settings import Settings
from shared.runtime.tables import audit_entry
from shared.runtime.work import Work
from tests.component.running import Running
from tests.component.talkers import Teller, done

LI = Actor.of("li", Role.DUTY_OFFICER, place_code="420802")


def trail(running: Running) -> list[dict[str, object]]:
    with running.database("teller").reading() as connection:
        return list(audit.trail(connection))


class TestCommands:
    def test_leave_who_did_what_about_which_matter(self, talking: Running) -> None:
        class Clerk(Teller):
            @command(Permission.OWN_SIGN_IN)
            def open_matter(self, who: str) -> dict[str, str]:
                with self.work.begin():
                    self.work.connection.execute(insert(done).values(who=who, word="", sequence=0))
                return {"matter_no": "P20261127000001"}

        talking.start(Clerk)

        talking.ask("teller", "open_matter", actor=LI, who="wang")

        [row] = trail(talking)
        assert row["number"] == 1
        assert (row["account"], row["roles"]) == ("li", ["duty_officer@420802"])
        assert (row["action"], row["outcome"]) == ("teller.open_matter", "done")
        assert row["about"] == "P20261127000001"

    def test_that_are_refused_leave_the_reason_and_nothing_else(self, talking: Running) -> None:
        talking.start(Teller)

        with pytest.raises(RuleBroken):
            talking.ask("teller", "say", actor=LI, who="wang", words=["hello"], fails=True)

        [row] = trail(talking)
        assert (row["account"], row["action"], row["outcome"]) == ("li", "teller.say", "not_now")

    def test_that_come_twice_stand_there_once(self, talking: Running) -> None:
        talking.start(Teller)

        for _ in range(2):
            talking.ask("teller", "say", key="k-1", who="wang", words=["hello"])

        assert [row["outcome"] for row in trail(talking)] == ["done"]

    def test_at_once_in_two_copies_make_one_chain(self, talking: Running) -> None:
        talking.start(Teller)
        talking.start(Teller)

        asked = [
            eventlet.spawn(talking.ask, "teller", "say", key=f"k-{n}", who=f"w-{n}", words=["a"])
            for n in range(40)
        ]
        for one in asked:
            one.wait()

        rows = trail(talking)
        assert [row["number"] for row in rows] == list(range(1, 41))
        assert list(flaws(rows)) == []

    def test_that_are_cut_off_before_they_are_kept_leave_nothing(self, talking: Running) -> None:
        work = Work(talking.database("teller"))
        audit.note(work, Call(actor=LI), "teller.say")

        work.close()

        assert trail(talking) == []

    def test_may_be_chained_with_sm3(self, talking: Running) -> None:
        for algorithm in ("sha256", "sm3"):
            work = Work(talking.database("teller"))
            audit.note(work, Call(actor=LI), "teller.say", algorithm=algorithm)
            work.keep()

        rows = trail(talking)
        assert [row["algorithm"] for row in rows] == ["sha256", "sm3"]
        assert list(flaws(rows)) == []


def _refuses(settings: Settings, change: str) -> None:
    """See that a service's trail refuses the change, and is as it was."""
    settings.data.mkdir(parents=True, exist_ok=True)
    migrate(settings, "grid")
    database = ServiceDatabase(settings, "grid")
    work = Work(database)
    audit.note(work, Call(actor=LI), "grid.activate_boundary")
    work.keep()

    with (
        pytest.raises(DBAPIError, match=r"only added to|permission denied"),
        database.writing() as connection,
    ):
        connection.execute(text(change))

    with database.reading() as connection:
        assert [row["account"] for row in audit.trail(connection)] == ["li"]
    database.close()


CHANGES = ["UPDATE audit_entry SET account = 'wang'", "DELETE FROM audit_entry"]


class TestTrail:
    @pytest.mark.parametrize("change", [*CHANGES, "TRUNCATE audit_entry"])
    def test_is_only_added_to_on_postgresql(self, empty_schemas: Settings, change: str) -> None:
        _refuses(empty_schemas, change)

    @pytest.mark.parametrize("change", CHANGES)
    def test_is_only_added_to_on_sqlite(self, tmp_path: Path, change: str) -> None:
        _refuses(Settings(data=tmp_path / "var"), change)

    def test_is_given_whole_however_long(
        self, talking: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit, "AT_ONCE", 7)
        for _ in range(3):
            work = Work(talking.database("teller"))
            for _ in range(7):
                audit.note(work, Call(actor=LI), "teller.say")
            work.keep()

        assert len(trail(talking)) == 21
        assert talking.count("teller", audit_entry) == 21
