"""Files that nobody names go, row and bytes; what anybody names stays, whatever happens meanwhile."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from services.gateway.domain.going_file import GOES_AFTER
from services.gateway.store.going_files import SqlGoingFiles
from services.gateway.store.tables import unneeded_bytes_table
from services.patrol.service import NAMED_SINCE
from services.patrol.store.tables import named_file_table
from services.patrol.wiring import anonymise_incidents, enter_named_files
from shared.kernel.clock import china_now
from shared.kernel.errors import Unavailable
from shared.runtime.blobs import Blobs
from shared.runtime.call import Call
from shared.runtime.outbox import Outbox
from shared.runtime.work import Work
from tests.builders.actor import a_duty_officer, a_grid_member
from tests.component.command.walking import report
from tests.component.district import CELLS
from tests.component.files.conftest import DESK, KEPT, MOMENT, Copy
from tests.component.running import Running

DAY = timedelta(days=1)
FORGOTTEN = "gateway.forget_file"


def take(running: Running, incident_id: str, step: str, **order: Any) -> dict[str, Any]:
    by = a_duty_officer("checker") if step == "check" else DESK
    actor = a_grid_member("handler") if step in ("sign", "feedback") else by
    order = {"note": "写明", "unit": "water"} | order
    moved: dict[str, Any] = running.ask(
        "patrol", "take_step", actor=actor, incident_id=incident_id, step=step, order=order
    )
    return moved


def anonymise(running: Running) -> int:
    work, later = Work(running.database("patrol")), china_now() + timedelta(days=1096)
    try:
        kept_for = timedelta(days=1095)
        return anonymise_incidents(work, Outbox(work, Call()), kept_for, clock=lambda: later)
    finally:
        work.close()


class TestARound:
    def test_forgets_what_nobody_named_a_week_after_it_was_asked_about_first(
        self, edge: Copy, somebody_elses: dict[str, Any]
    ) -> None:
        kept = edge.upload()
        edge.clock.passes(KEPT - MOMENT)
        assert edge.forget() == 0
        assert edge.since_when_going()[kept["id"]] is None

        edge.clock.passes(2 * MOMENT)
        assert edge.forget() == 0
        assert edge.since_when_going() == {somebody_elses["id"]: None, kept["id"]: edge.clock.now}
        edge.clock.passes(GOES_AFTER - MOMENT)
        assert edge.forget() == 0
        edge.clock.passes(MOMENT)
        assert edge.forget() == 1

        assert edge.desk.file_row(kept["id"]) is None
        assert not edge.has_bytes(kept)
        assert edge.has_bytes(somebody_elses)
        assert edge.trail() == [(FORGOTTEN, kept["id"])]
        assert edge.forget() == 0

    def test_forgets_nothing_while_a_service_is_away(self, edge: Copy) -> None:
        kept = edge.upload()
        edge.clock.passes(KEPT + MOMENT)
        edge.going.forget([kept["id"]], set())
        edge.clock.passes(GOES_AFTER)

        with pytest.raises(Unavailable):
            edge.forget()

        assert edge.has_bytes(kept)
        assert edge.desk.file_row(kept["id"]) is not None
        assert edge.trail() == []

    def test_is_gone_by_one_copy_and_by_none_where_files_are_kept_for_ever(
        self, edge: Copy, another_copy: Callable[..., Copy]
    ) -> None:
        assert not another_copy(unnamed_file_kept_days=0).going.is_its_turn()
        assert edge.going.is_its_turn()
        assert not another_copy().going.is_its_turn()
        assert edge.going.is_its_turn()


class TestWhatIsNamed:
    def test_stays_with_its_incident_closed_off_ended_and_begun_anew_until_that_is_anonymised(
        self, edge: Copy, patrol: Running, somebody_elses: dict[str, Any]
    ) -> None:
        of_report, of_step = edge.upload(), edge.upload()
        incident_id = report(patrol, CELLS[0], actor=DESK, files=[of_report["id"]])["id"]
        for step in ("accept", "file", "dispatch", "sign"):
            take(patrol, incident_id, step)
        take(patrol, incident_id, "feedback", files=[of_step["id"], of_report["id"]])
        for step in ("check", "close", "reopen", "dispatch", "sign"):
            take(patrol, incident_id, step)
        order = {"units": ["water"], "reason": "回避"}
        patrol.ask("patrol", "close_off_incident", incident_id=incident_id, order=order)
        edge.clock.passes(KEPT + MOMENT)
        assert edge.forget_twice() == [0, 0]
        assert anonymise(patrol) == 0
        take(patrol, incident_id, "feedback", files=[of_step["id"]])
        take(patrol, incident_id, "check")
        take(patrol, incident_id, "close")

        assert anonymise(patrol) == 1

        [(file_id, _)] = patrol.rows("patrol", named_file_table)
        assert file_id == somebody_elses["id"]
        edge.clock.passes(DAY + MOMENT)
        assert edge.forget_twice() == [0, 2]
        assert list(edge.since_when_going()) == [somebody_elses["id"]]
        assert not edge.has_bytes(of_report)

    def test_by_a_copy_that_does_not_enter_it_is_entered_for_it(
        self, edge: Copy, patrol: Running, somebody_elses: dict[str, Any]
    ) -> None:
        kept, before, after = somebody_elses["id"], edge.upload()["id"], edge.upload()["id"]
        handled = report(patrol, CELLS[0], actor=DESK)
        order = {"note": "写明", "before": [before], "files": [after]}
        patrol.ask(
            "patrol",
            "take_step",
            actor=DESK,
            incident_id=handled["id"],
            step="self-handle",
            order=order,
        )
        with patrol.database("patrol").writing() as connection:
            named = set(connection.execute(select(named_file_table)))
            connection.execute(delete(named_file_table).where(named_file_table.c.file_id != after))
        assert {file_id for file_id, _ in named} == {kept, before, after}

        work = Work(patrol.database("patrol"))
        enter_named_files(work, NAMED_SINCE)

        assert set(patrol.rows("patrol", named_file_table)) == named
        enter_named_files(work, NAMED_SINCE, clock=lambda: china_now() + NAMED_SINCE + MOMENT)
        work.close()

    def test_at_the_very_moment_stays(self, edge: Copy, patrol: Running) -> None:
        under_way, late, unsaid = (edge.upload()["id"] for _ in range(3))
        edge.clock.passes(KEPT + MOMENT)
        # One report has been let through when the question is put, and arrives after the answer.
        assert edge.desk.unknown_files([under_way]) == []
        edge.forget()
        report(patrol, CELLS[0], actor=DESK, files=[under_way])
        # Another comes in while its file is going.
        assert edge.desk.unknown_files([late, "none"]) == ["none"]
        report(patrol, CELLS[0], actor=DESK, files=[late])

        edge.clock.passes(GOES_AFTER)
        assert edge.forget() == 1

        assert edge.since_when_going() == {under_way: None, late: None}
        assert edge.desk.unknown_files([unsaid]) == [unsaid]

    def test_between_the_answer_and_the_deletion_stays(self, edge: Copy, patrol: Running) -> None:
        kept = edge.upload()
        edge.clock.passes(KEPT + MOMENT)
        edge.forget()
        edge.clock.passes(GOES_AFTER)
        asked = edge.going.to_be_asked_about("")
        assert asked == [kept["id"]]
        assert edge.desk.unknown_files(asked) == []

        assert edge.going.forget(asked, set()) == 0

        report(patrol, CELLS[0], actor=DESK, files=asked)
        edge.clock.passes(GOES_AFTER)
        assert edge.forget() == 0
        assert edge.since_when_going() == {kept["id"]: None}


class TestBytes:
    def test_stay_while_another_file_consists_of_them(self, edge: Copy) -> None:
        first, second = edge.upload(), edge.upload()
        edge.forget_at_last(first)
        edge.going.remove_bytes()
        assert edge.has_bytes(second)
        assert edge.rows(unneeded_bytes_table) == []

        edge.forget_at_last(second)
        edge.going.remove_bytes()
        assert not edge.has_bytes(second)

    def test_go_with_the_next_round_when_this_one_is_killed_between_row_and_bytes(
        self, edge: Copy, another_copy: Callable[..., Copy]
    ) -> None:
        kept = edge.upload()
        edge.forget_at_last(kept)  # and there it ends
        assert edge.has_bytes(kept)

        another_copy().going.remove_bytes()

        assert not edge.has_bytes(kept)

    def test_uploaded_again_stay_though_their_removal_was_broken_off(
        self, edge: Copy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = edge.upload()
        edge.forget_at_last(kept)
        with monkeypatch.context() as broken:
            broken.setattr(SqlGoingFiles, "settle_bytes", None)
            with pytest.raises(TypeError):
                edge.going.remove_bytes()
        assert not edge.has_bytes(kept)

        again = edge.upload()
        edge.going.remove_bytes()

        assert again["sha256"] == kept["sha256"]
        assert edge.has_bytes(again)
        assert edge.rows(unneeded_bytes_table) == []

    def test_removed_in_the_moment_in_which_they_are_uploaded_are_put_back(
        self, edge: Copy, another_copy: Callable[..., Copy], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept, other = edge.upload(), another_copy()
        edge.forget_at_last(kept)
        put = Blobs.put

        def put_and_have_removed(blobs: Blobs, chunks: Iterable[bytes]) -> str:
            digest = put(blobs, chunks)
            if other.rows(unneeded_bytes_table):
                other.going.remove_bytes()
                assert not blobs.path(digest).exists()
            return digest

        monkeypatch.setattr(Blobs, "put", put_and_have_removed)

        assert edge.has_bytes(edge.upload())


def test_two_copies_that_forget_the_same_file_do_it_once(
    edge: Copy, another_copy: Callable[..., Copy]
) -> None:
    kept, other = edge.upload(), another_copy()
    edge.clock.passes(KEPT + MOMENT)
    assert [copy.going.forget([kept["id"]], set()) for copy in (edge, other)] == [0, 0]
    edge.clock.passes(GOES_AFTER)

    assert [copy.going.forget([kept["id"]], set()) for copy in (edge, other)] == [1, 0]

    edge.going.remove_bytes()
    other.going.remove_bytes()
    assert edge.trail() == [(FORGOTTEN, kept["id"])]


def test_an_upload_that_is_repeated_after_it_was_forgotten_is_kept_anew(edge: Copy) -> None:
    kept = edge.upload(key="one photo")
    assert edge.upload(key="one photo") == kept
    edge.forget_at_last(kept)
    edge.going.remove_bytes()

    again = edge.upload(key="one photo")

    assert again["id"] != kept["id"]
    assert edge.desk.unknown_files([again["id"]]) == []
    assert edge.has_bytes(again)
