"""The whole story of a matter, and the lines that consoles watch."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from services.command.domain.heard import Heard
from services.command.queries import read_models as queries
from services.command.store.read_models import SqlLiveStream
from services.command.store.tables import matter_table, stream_table
from services.command.wiring import follow_incident
from shared.contracts.grid import BoundaryActivated
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.clock import china_now
from shared.kernel.errors import Invalid, NotFound
from shared.kernel.matter_no import matter_no
from shared.runtime.call import Call
from shared.runtime.outbox import Outbox
from shared.runtime.work import Work
from tests.brokers import eventually
from tests.builders.actor import a_citizen, a_duty_officer
from tests.builders.told import REPORTED_AT, an_incident_reported
from tests.component.command.walking import report, take
from tests.component.district import CELLS, DISTRICT, STREETS
from tests.component.running import EVERYBODY, Running

DESK = a_duty_officer()


@pytest.fixture
def matter(district: Running, catch_up: Callable[[], None]) -> dict[str, Any]:
    """Give a matter reported, accepted and filed in the first cell."""
    opened = report(district, CELLS[0], actor=a_citizen("zhang"), description="桥下")
    take(district, opened["id"], "accept", DESK)
    filed = take(district, opened["id"], "file", DESK)
    catch_up()
    return filed


class TestDossier:
    def test_tells_the_story_from_its_beginning(
        self, district: Running, matter: dict[str, Any]
    ) -> None:
        story = district.ask("command", "dossier", actor=DESK, matter_no=matter["matter_no"])

        assert (story["state"], story["subject"], story["subject_id"]) == (
            "filed",
            "incident",
            matter["id"],
        )
        assert story["place"]["cell"]["code"] == CELLS[0]
        entries = story["entries"]
        assert [entry["event_type"] for entry in entries] == [
            "patrol.incident.reported.v1",
            "patrol.incident.accepted.v1",
            "patrol.incident.filed.v1",
        ]
        assert [entry["sequence"] for entry in entries] == [1, 2, 3]
        assert [(e["from_state"], e["state"]) for e in entries] == [
            (None, "reported"),
            ("reported", "accepted"),
            ("accepted", "filed"),
        ]
        assert (entries[0]["by"], entries[0]["note"]) == ("zhang", "桥下")

    @pytest.mark.parametrize("writing", [str.lower, lambda no: f" {no} "])
    def test_is_found_however_the_number_is_written(
        self, district: Running, matter: dict[str, Any], writing: Callable[[str], str]
    ) -> None:
        written = writing(matter["matter_no"])

        story = district.ask("command", "dossier", actor=DESK, matter_no=written)

        assert story["matter_no"] == matter["matter_no"]

    def test_of_a_mistyped_number_says_so(self, district: Running, matter: dict[str, Any]) -> None:
        last = int(matter["matter_no"][-1])
        mistyped = f"{matter['matter_no'][:-1]}{(last + 1) % 10}"

        with pytest.raises(Invalid, match="matter_no_mistyped"):
            district.ask("command", "dossier", actor=DESK, matter_no=mistyped)

    def test_is_not_for_those_who_do_not_reach_it(
        self, district: Running, matter: dict[str, Any]
    ) -> None:
        refusals = []
        for number in (matter["matter_no"], matter_no("P", date(2020, 1, 1), 1)):
            with pytest.raises(NotFound) as refusal:
                district.ask(
                    "command",
                    "dossier",
                    actor=a_duty_officer(place_code=CELLS[1]),
                    matter_no=number,
                )
            refusals.append(refusal.value.to_wire())

        assert refusals[0] == refusals[1]

    @pytest.mark.parametrize("place", [CELLS[0], STREETS[0], DISTRICT, WHOLE_TREE])
    def test_is_for_those_who_reach_it(
        self, district: Running, matter: dict[str, Any], place: str
    ) -> None:
        actor = a_duty_officer(place_code=place)

        assert district.ask("command", "dossier", actor=actor, matter_no=matter["matter_no"])

    def test_does_not_name_an_anonymous_reporter(
        self, district: Running, catch_up: Callable[[], None]
    ) -> None:
        opened = report(district, CELLS[0], actor=a_citizen("zhang"), anonymous=True)
        catch_up()

        story = district.ask("command", "dossier", actor=EVERYBODY, matter_no=opened["matter_no"])

        assert "zhang" not in str(story)
        assert "zhang" not in str(district.rows("command", matter_table))


class TestStream:
    def lines(self, running: Running, **asked: Any) -> dict[str, Any]:
        page: dict[str, Any] = running.ask("command", "stream_since", **asked)
        return page

    def test_has_a_line_for_each_event_in_their_order(
        self, district: Running, matter: dict[str, Any]
    ) -> None:
        page = self.lines(district)

        ours = [e for e in page["entries"] if e["data"]["matter_no"] == matter["matter_no"]]
        assert [line["data"]["state"] for line in ours] == ["reported", "accepted", "filed"]
        numbers = [line["id"] for line in page["entries"]]
        assert numbers == sorted(numbers)
        assert page["last"] == numbers[-1]
        assert ours[0]["place_codes"] == [WHOLE_TREE, DISTRICT, STREETS[0], CELLS[0][:12], CELLS[0]]

    def test_begins_after_the_number_it_is_asked_for(
        self, district: Running, matter: dict[str, Any]
    ) -> None:
        everything = self.lines(district)["entries"]
        resumed = self.lines(district, after=everything[4]["id"])

        assert resumed["entries"] == everything[5:]

    def test_comes_a_page_at_a_time_and_says_how_far_it_goes(
        self, district: Running, matter: dict[str, Any]
    ) -> None:
        everything = self.lines(district)
        seen: list[dict[str, Any]] = []

        while page := self.lines(district, after=seen[-1]["id"] if seen else 0, limit=4)["entries"]:
            assert len(page) <= 4
            seen += page

        assert seen == everything["entries"]
        assert self.lines(district, after=0, limit=1)["last"] == everything["last"]

    def test_may_be_of_one_place_and_one_topic(
        self, district: Running, matter: dict[str, Any]
    ) -> None:
        of_cell = self.lines(district, place=CELLS[0])["entries"]

        assert len(of_cell) == 4  # one is other people's
        assert self.lines(district, place="nowhere")["entries"] == []
        assert self.lines(district, topics=["boundary"])["entries"] == []
        assert len(self.lines(district, topics=["incident", "boundary"])["entries"]) == 11

    def test_holds_no_free_text(self, district: Running, matter: dict[str, Any]) -> None:
        shown = str(self.lines(district))

        for personal in ("垃圾成堆", "桥下", "zhang", "别人的事"):
            assert personal not in shown

    def test_shows_a_boundary_put_in_force(self, district: Running) -> None:
        grid = Work(district.database("grid"))
        with grid.begin():
            Outbox(grid, Call()).put(
                BoundaryActivated(
                    boundary="boundary",
                    version=2,
                    label="新边界",
                    district_code=DISTRICT,
                    counts={"cell": 8},
                    activated_at=china_now(),
                    activated_by="admin",
                )
            )
        grid.keep()

        eventually(lambda: self.lines(district, topics=["boundary"])["entries"])

        [line] = self.lines(district, topics=["boundary"])["entries"]
        assert (line["data"]["version"], line["data"]["label"]) == (2, "新边界")
        assert line["place_codes"] == [WHOLE_TREE, DISTRICT]

    def test_forgets_old_lines_and_gives_no_number_twice(
        self, district: Running, catch_up: Callable[[], None]
    ) -> None:
        catch_up()
        last = self.lines(district)["last"]
        with district.database("command").writing() as connection:
            queries.trim_stream(connection, china_now() + timedelta(seconds=1))
            assert not connection.execute(select(stream_table)).all()
            old = {"topic": "incident", "codes": [], "said": {}}
            connection.execute(insert(stream_table).values(**old, at=china_now()))
            connection.execute(
                insert(stream_table).values(**old, at=china_now() - timedelta(days=8))
            )
            queries.trim_stream(connection, china_now() - timedelta(days=7))

        page = self.lines(district)

        assert [line["id"] for line in page["entries"]] == [last + 1]

    def test_is_written_with_the_effect_or_not_at_all(
        self, district: Running, catch_up: Callable[[], None]
    ) -> None:
        catch_up()
        work = Work(district.database("command"))
        told = an_incident_reported(matter_no="P-new", reported_at=REPORTED_AT)
        before = district.count("command", stream_table)
        with work.begin():
            follow_incident(work)(
                Heard(told=told, event_id="e", event_type=told.event_type, sequence=1)
            )
            SqlLiveStream(work).append(topic="incident", codes=(), said={})
        work.close()

        assert district.count("command", stream_table) == before
        assert district.count("command", matter_table, matter_table.c.matter_no == "P-new") == 0
