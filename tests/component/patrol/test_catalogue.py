"""Versions of the catalogue over the bus: kept as drafts, in force from a day on, and what was reported before."""

from datetime import timedelta
from typing import Any

import eventlet
import pytest
from sqlalchemy import select

from services.patrol.service import PatrolService
from services.patrol.store import catalogue as store
from services.patrol.store.tables import catalogue_version_table
from shared.kernel.actor import Actor
from shared.kernel.clock import china_now
from shared.kernel.errors import Forbidden, Invalid, NotFound, RuleBroken
from shared.kernel.rights import Role
from shared.runtime.tables import outbox
from tests.component.district import Grid
from tests.component.patrol.test_commands import report
from tests.component.patrol.test_links import seen
from tests.component.running import Running

ADMINISTRATOR = Actor.of("admin", Role.SYSTEM_ADMINISTRATOR, place_code="*")
FILE = """code,zh,en,owner,sensitivity,parent
05,环境保护,Environment,ecology,none,
0501,秸秆焚烧,Burning of straw,ecology,none,05
"""


@pytest.fixture
def patrolling(patrol: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    # Tests wait for nothing to be forgotten.
    monkeypatch.setattr(store, "REMEMBERED_S", 0)
    patrol.start(Grid, PatrolService, relays=False)
    return patrol


def brought(running: Running, **changed: Any) -> dict[str, Any]:
    order = {"source": "区政法委", "csv": FILE} | changed
    kept: dict[str, Any] = running.ask(
        "patrol", "import_catalogue", actor=ADMINISTRATOR, order=order
    )
    return kept


def put_in_force(running: Running, version: int, **order: Any) -> dict[str, Any]:
    active: dict[str, Any] = running.ask(
        "patrol", "activate_catalogue", actor=ADMINISTRATOR, version=version, order=order
    )
    return active


def codes(running: Running) -> list[str]:
    return [category["code"] for category in running.ask("patrol", "categories")]


class TestCatalogue:
    def test_stays_a_draft_until_it_is_put_in_force(self, patrolling: Running) -> None:
        kept = brought(patrolling)

        assert (kept["version"], kept["effective_on"], len(kept["entries"])) == (2, None, 2)
        assert len(codes(patrolling)) == 15
        with pytest.raises(Invalid):
            report(patrolling, category="0501")

        put_in_force(patrolling, 2)

        assert codes(patrolling) == ["05", "0501"]
        assert report(patrolling, category="0501")["category"] == "0501"
        with pytest.raises(Invalid):
            report(patrolling, category="06")

    def test_leaves_what_was_reported_before_under_its_version_and_name(
        self, patrolling: Running
    ) -> None:
        before = report(patrolling)
        put_in_force(patrolling, brought(patrolling)["version"])
        since = report(patrolling)

        named = [seen(patrolling, each)["category_name"] for each in (before, since)]

        assert named == [
            {"version": 1, "zh": "生态环境", "en": "Environment"},
            {"version": 2, "zh": "环境保护", "en": "Environment"},
        ]

    def test_comes_into_force_on_its_day_and_not_before(self, patrolling: Running) -> None:
        tomorrow = china_now().date() + timedelta(days=1)

        put_in_force(patrolling, brought(patrolling)["version"], effective_on=tomorrow.isoformat())

        assert len(codes(patrolling)) == 15
        with patrolling.database("patrol").reading() as connection:
            then = connection.execute(store.categories_in_force(tomorrow)).all()
        assert {row.code for row in then} == {"05", "0501"}

    def test_is_told_to_the_others_when_it_is_put_in_force(self, patrolling: Running) -> None:
        put_in_force(patrolling, brought(patrolling)["version"])

        about = select(outbox).where(outbox.c.aggregate_id == "catalogue-2")
        [told] = patrolling.rows("patrol", about)
        assert told.event_type == "patrol.catalogue.activated.v1"
        assert [entry["code"] for entry in told.payload["entries"]] == ["05", "0501"]

    def test_is_put_in_force_once(self, patrolling: Running) -> None:
        put_in_force(patrolling, brought(patrolling)["version"])

        with pytest.raises(RuleBroken, match="not_a_draft"):
            put_in_force(patrolling, 2)
        with pytest.raises(NotFound):
            put_in_force(patrolling, 9)

    def test_is_only_looked_at_by_a_dry_run(self, patrolling: Running) -> None:
        assert brought(patrolling, dry_run=True)["version"] == 2
        assert patrolling.count("patrol", catalogue_version_table) == 1

    def test_keeps_nothing_of_what_is_wrong_and_tells_all_of_it(self, patrolling: Running) -> None:
        with pytest.raises(Invalid) as refusal:
            brought(patrolling, csv=FILE + "0501,,Twice,ecology,secret,77\n")

        assert {error.field for error in refusal.value.errors} == {
            "entries.1.code",
            "entries.2.code",
            "entries.2.zh",
            "entries.2.sensitivity",
            "entries.2.parent",
        }
        assert patrolling.count("patrol", catalogue_version_table) == 1

    def test_has_a_number_of_its_own_when_several_are_brought_at_once(
        self, patrolling: Running
    ) -> None:
        kept = list(eventlet.GreenPool().imap(lambda _: brought(patrolling)["version"], range(4)))

        assert sorted(kept) == [2, 3, 4, 5]
        listed = patrolling.ask("patrol", "catalogues")
        assert [each["version"] for each in listed] == [5, 4, 3, 2, 1]
        assert [each["categories"] for each in listed] == [2, 2, 2, 2, 15]

    def test_is_changed_by_an_administrator_alone(self, patrolling: Running) -> None:
        desk = Actor.of("desk", Role.DUTY_OFFICER, place_code="*")

        with pytest.raises(Forbidden):
            patrolling.ask(
                "patrol", "import_catalogue", actor=desk, order={"source": "x", "csv": FILE}
            )
        assert len(patrolling.ask("patrol", "catalogue", actor=desk, version=1)["entries"]) == 15
