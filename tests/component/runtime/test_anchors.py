"""Where a trail ends is told now and then, and kept where its own service cannot rewrite it."""

import stat
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.command.service import CommandService
from services.patrol.service import PatrolService
from shared.contracts.audit import ANCHORS, anchors_kept_by
from shared.kernel.actor import Actor
from shared.kernel.audit_chain import BEGINNING, digest_of
from shared.kernel.clock import china_now
from shared.kernel.trail_check import flaws
from shared.runtime import anchors, audit
from shared.runtime.call import Call
from shared.runtime.tables import audit_anchor, outbox
from shared.runtime.work import Work
from tests.brokers import eventually
from tests.component.district import Grid
from tests.component.running import OwnBroker, Running

LI = Actor(account="li")


@pytest.fixture
def services(running: Running, migrated: None) -> Running:
    """Give grid, patrol and command, with something in the trails of the latter two."""
    running.start(Grid, PatrolService, CommandService)
    for service in ("patrol", "command"):
        do_something(running, service)
    return running


def do_something(running: Running, service: str) -> None:
    work = Work(running.database(service))
    audit.note(work, Call(actor=LI), f"{service}.do_something")
    work.keep()


def tick(running: Running, service: str) -> None:
    """Let the timer of a service come, as if no copy had ticked."""
    with running.database(service).writing() as connection:
        connection.execute(text("DELETE FROM lease WHERE name = 'timer:anchor_audit'"))
    [container] = [each for each in running.containers() if each.service_name == service]
    [timer] = [each for each in container.entrypoints if each.method_name == "anchor_audit"]
    timer.handle_timer_tick()


def kept_of(running: Running, keeper: str, teller: str) -> list[anchors.Anchor]:
    with running.database(keeper).reading() as connection:
        return anchors.kept(connection, [teller])


def trail(running: Running, service: str) -> list[dict[str, Any]]:
    with running.database(service).reading() as connection:
        return list(audit.trail(connection))


@pytest.mark.parametrize(("teller", "keeper"), [("patrol", "command"), ("command", "patrol")])
class TestAnAnchor:
    def test_is_kept_by_another_service_and_in_a_file(
        self, services: Running, teller: str, keeper: str
    ) -> None:
        tick(services, teller)

        eventually(lambda: len(kept_of(services, keeper, teller)) == 1)
        [row] = trail(services, teller)
        [anchor] = kept_of(services, keeper, teller)
        assert (anchor.number, anchor.digest) == (1, row["digest"])
        file = services.settings.data / "anchors" / f"{teller}.jsonl"
        eventually(file.exists)
        assert anchors.read_lines(file) == [anchor]
        assert not file.stat().st_mode & stat.S_IRWXO

    def test_shows_a_trail_that_was_made_anew(
        self, services: Running, teller: str, keeper: str
    ) -> None:
        tick(services, teller)
        eventually(lambda: len(kept_of(services, keeper, teller)) == 1)
        [anchor] = kept_of(services, keeper, teller)
        [row] = trail(services, teller)

        forged = {name: row[name] for name in row if name != "digest"} | {"account": "nobody"}
        forged["digest"] = digest_of(BEGINNING, forged)

        assert list(flaws([forged])) == []
        [flaw] = flaws([forged], anchors={anchor.number: anchor.digest})
        assert flaw.kind == "made_anew"


class TestTheTimer:
    def test_tells_nothing_when_nothing_was_added(self, services: Running) -> None:
        services.settings.audit_anchor_minutes = 1e-9
        database = services.database("patrol")
        tick(services, "patrol")
        eventually(lambda: len(kept_of(services, "command", "patrol")) == 1)

        with database.reading() as connection:
            assert anchors.due_anchor(connection, "patrol", services.settings) is None

    def test_tells_nothing_before_the_time_has_come(self, services: Running) -> None:
        tick(services, "patrol")
        eventually(lambda: services.count("patrol", outbox) == 1)
        do_something(services, "patrol")

        tick(services, "patrol")

        assert services.count("patrol", outbox) == 1

    def test_goes_on_from_the_last(self, services: Running) -> None:
        services.settings.audit_anchor_minutes = 1e-9
        for count in (1, 2):
            do_something(services, "patrol")
            tick(services, "patrol")
            eventually(lambda: len(kept_of(services, "command", "patrol")) == count)  # noqa: B023

        assert [anchor.number for anchor in kept_of(services, "command", "patrol")] == [2, 3]

    def test_gives_the_anchor_to_the_operators_command(
        self, services: Running, tmp_path: Path
    ) -> None:
        stamped = tmp_path / "stamped"
        script = tmp_path / "stamp.py"
        script.write_text(
            f"import sys; open({str(stamped)!r}, 'wb').write(sys.stdin.buffer.read())"
        )
        services.settings.anchor_command = f"{sys.executable} {script}"

        tick(services, "patrol")

        eventually(lambda: stamped.exists() and stamped.stat().st_size > 0)
        assert orjson.loads(stamped.read_bytes())["service"] == "patrol"

    @pytest.mark.parametrize("command", ["/nowhere/at-all", "false"])
    def test_goes_on_when_that_command_fails(
        self, services: Running, command: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        services.settings.anchor_command = command

        tick(services, "patrol")

        eventually(lambda: len(kept_of(services, "command", "patrol")) == 1)
        eventually(
            lambda: any("anchor_command_failed" in line.getMessage() for line in caplog.records)
        )


class TestWhatIsKept:
    def test_stands_though_a_shorter_or_another_trail_is_told_later(
        self, services: Running, caplog: pytest.LogCaptureFixture
    ) -> None:
        database = services.database("command")
        true = anchors.Anchor(
            service="patrol", number=7, digest="a" * 64, algorithm="sha256", at=china_now()
        )
        for number, digest in ((7, "a"), (7, "b"), (5, "c")):
            with database.writing() as connection:
                anchors.keep(
                    connection,
                    anchors.Anchor(
                        service="patrol",
                        number=number,
                        digest=digest * 64,
                        algorithm="sha256",
                        at=true.at,
                    ),
                )

        assert kept_of(services, "command", "patrol") == [true]
        told = [line.getMessage() for line in caplog.records]
        assert sum("audit_anchor_contradicts" in line for line in told) == 2

    @pytest.mark.parametrize(
        "change", ["UPDATE audit_anchor SET digest = ''", "DELETE FROM audit_anchor"]
    )
    def test_is_neither_changed_nor_deleted(self, services: Running, change: str) -> None:
        tick(services, "patrol")
        eventually(lambda: services.count("patrol", audit_anchor) == 1)

        with (
            pytest.raises(DBAPIError, match=r"only added to|permission denied"),
            services.database("patrol").writing() as connection,
        ):
            connection.execute(text(change))

    def test_is_of_every_service_and_nobody_keeps_his_own(self, own: OwnBroker) -> None:
        from deploy.services import SERVICES

        kept = [(keeper, contract) for keeper in SERVICES for contract in anchors_kept_by(keeper)]

        assert set(ANCHORS) == set(SERVICES)
        assert {contract for _, contract in kept} == set(ANCHORS.values())
        assert all(contract is not ANCHORS[keeper] for keeper, contract in kept)
