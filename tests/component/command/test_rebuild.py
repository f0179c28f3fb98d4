"""The read models can be made anew from what was told, and a rebuild shows what was not so."""

from collections.abc import Callable
from typing import Any

import eventlet
import pytest
from sqlalchemy import delete, text

from services.command.store.tables import READ_MODELS, dossier_table, matter_table
from shared.kernel.errors import Refusal
from shared.runtime.tables import dead_letter, inbox_position
from tests.component.command.conftest import SERVICES, board_of
from tests.component.command.walking import Walkers
from tests.component.district import CELLS
from tests.component.running import Running


def rebuild(running: Running, key: str | None = None) -> dict[str, Any]:
    rebuilt: dict[str, Any] = running.ask("command", "rebuild_read_models", key=key, timeout_s=30)
    return rebuilt


def run(running: Running, statement: str) -> None:
    with running.database("command").writing() as connection:
        connection.execute(text(statement))


def dead(running: Running) -> int:
    return running.count("command", dead_letter)


@pytest.fixture
def walked(district: Running, catch_up: Callable[[], None]) -> Running:
    Walkers(district, seed=11).walk(60)
    catch_up()
    return district


class TestRebuild:
    def test_gives_the_same_rows(self, walked: Running) -> None:
        before = board_of(walked, period="all")

        rebuilt = rebuild(walked)

        assert rebuilt["differences"] == 0
        assert rebuilt["events"] == walked.count("command", dossier_table)
        assert rebuilt["rows"] > rebuilt["events"]
        assert board_of(walked, period="all") == before

    def test_gives_them_while_events_go_on_flowing_and_afterwards(
        self, walked: Running, catch_up: Callable[[], None]
    ) -> None:
        rebuilds: list[dict[str, Any]] = []

        def walk_on(seed: int) -> None:
            walkers = Walkers(walked, seed)
            while len(rebuilds) < 4:
                walkers.walk(5)

        walks = [eventlet.spawn(walk_on, seed) for seed in (1, 2, 3)]
        while len(rebuilds) < 4:
            rebuilds.append(rebuild(walked))
            eventlet.sleep(0.01)
        for walk in walks:
            walk.wait()
        catch_up()

        last = rebuild(walked)

        assert [rebuilt["differences"] for rebuilt in rebuilds] == [0] * len(rebuilds)
        assert last["differences"] == 0
        assert last["events"] > rebuilds[0]["events"]
        assert dead(walked) == 0

    @pytest.mark.parametrize(
        ("tampering", "differences"),
        [
            ("update matter set state = 'closed' where matter_no = ?", 2),
            ("delete from matter where matter_no = ?", 1),
            ("update dossier_entry set said = '{}' where matter_no = ? and sequence = 1", 2),
            (
                """update board_sum set counts = '{"category": {"05": 999}}'"""
                " where place_code = ? and span = 'day'",
                2,
            ),
            ("update place set name = '别处' where code = ?", 2),
            ("insert into place values ('made up', 'cell', 'made up', null)", 1),
        ],
    )
    def test_finds_and_mends_what_was_tampered_with(
        self, walked: Running, tampering: str, differences: int
    ) -> None:
        rebuild(walked)  # the boards are added up now
        matter = walked.rows("command", matter_table)[0].matter_no
        value = f"'{CELLS[0]}'" if "code" in tampering else f"'{matter}'"

        run(walked, tampering.replace("?", value))

        assert rebuild(walked)["differences"] == differences
        assert rebuild(walked)["differences"] == 0

    def test_brings_everything_back_from_nothing(self, walked: Running) -> None:
        before = board_of(walked, period="all")
        entries = walked.count("command", dossier_table)
        with walked.database("command").writing() as connection:
            for table in (*READ_MODELS, inbox_position):
                connection.execute(delete(table))

        rebuilt = rebuild(walked)

        assert rebuilt["events"] == entries
        assert board_of(walked, period="all") == before
        assert rebuild(walked)["differences"] == 0

    def test_passes_over_what_was_under_way_when_it_comes(
        self, walked: Running, catch_up: Callable[[], None]
    ) -> None:
        walked.crash()
        walked.start(*SERVICES, relays=False)
        Walkers(walked, seed=5).walk(30)
        rebuilt = rebuild(walked)
        entries = walked.count("command", dossier_table)

        walked.may_relay.set()
        catch_up()
        Walkers(walked, seed=6).walk(10)
        catch_up()

        assert rebuilt["differences"] == 0
        assert walked.count("command", dossier_table) > entries
        assert rebuild(walked)["differences"] == 0
        assert dead(walked) == 0

    def test_asked_for_twice_under_one_key_is_done_once(self, walked: Running) -> None:
        first = rebuild(walked, key="k-1")
        Walkers(walked, seed=5).walk(5)

        assert rebuild(walked, key="k-1") == first

    def test_leaves_the_old_when_a_source_is_away(self, walked: Running) -> None:
        before = walked.count("command", dossier_table)
        walked.crash()
        walked.settings.rpc_timeout_s = 0.5
        walked.start(*(service for service in SERVICES if service.name != "patrol"))

        with pytest.raises(Refusal) as refusal:
            rebuild(walked)

        # RabbitMQ keeps its queue, and with it the question.
        assert refusal.value.code in {"service_away", "service_slow"}
        assert walked.count("command", dossier_table) == before
