import signal
import time
from collections import Counter

import pytest

from tests.component.cli.edge import BUSY, CUT_AFTER, CUT_BEFORE, Edge, serving
from tests.component.cli.replaying import Replay, good


class TestReplayInTrouble:
    @pytest.mark.parametrize("trouble", [BUSY, CUT_BEFORE, CUT_AFTER])
    def test_creates_each_incident_once(self, edge: Edge, replay: Replay, trouble: str) -> None:
        replay.write(good(60))
        edge.troubles.extend([trouble] * 12)

        outcome = replay.run()

        assert outcome.code == 0
        assert outcome.counts == (60, 60, 0, 0)
        assert len(edge.incidents) == 60
        if trouble == CUT_AFTER:
            assert max(Counter(edge.keys_asked).values()) > 1

    def test_signs_in_again_when_the_token_expires(self, edge: Edge, replay: Replay) -> None:
        replay.write(good(100))
        edge.token_lasts = 12

        outcome = replay.run()

        assert outcome.code == 0
        assert outcome.counts == (100, 100, 0, 0)
        # Four workers share a token: a request that finds it at its end is not counted against the next.
        assert 9 <= edge.sign_ins <= 11

    def test_waits_for_a_server_that_is_started_again(self, edge: Edge, replay: Replay) -> None:
        replay.write(good(120))
        edge.slow_s = 0.01
        started_again = Edge()
        started_again.incidents, started_again.bodies = edge.incidents, edge.bodies

        with serving(edge) as address:
            command = replay.begin("--url", address, "--patience", "20")
            while len(edge.incidents) < 40:
                time.sleep(0.005)
        time.sleep(1)
        assert len(edge.incidents) < 120
        with serving(started_again, port=int(address.rpartition(":")[2])):
            ended = command.ended()

        assert ended.code == 0, ended.err
        assert len(edge.incidents) == 120
        assert started_again.sign_ins == 1
        assert "自动重试" in ended.err

    def test_gives_up_when_its_patience_ends_and_says_how_far_it_came(
        self, edge: Edge, replay: Replay
    ) -> None:
        replay.write(good(40))
        edge.is_ready = False
        edge.troubles.extend([""] * 20 + [BUSY] * 10_000)

        outcome = replay.run("--patience", "0.5", "--workers", "2")

        assert outcome.code == 1
        assert outcome.report["created"] == 20
        assert outcome.report["stopped"]
        assert "503" in outcome.ended.err

    def test_goes_on_when_one_row_alone_gets_no_answer(self, edge: Edge, replay: Replay) -> None:
        replay.write(good(5))
        edge.unanswered.add("replay:city:r2")

        outcome = replay.run("--patience", "0.4", "--workers", "1")

        assert outcome.code == 0
        assert outcome.counts[:2] == (5, 4)
        assert outcome.report["refused"] == {"unavailable": 1}


# So many that the replay is far from its end when it is stopped, however busy the machine is.
ROWS = 800


def settled(edge: Edge) -> int:
    """Return how many incidents there are when what was on its way has arrived."""
    before = -1
    while before != len(edge.incidents):
        before = len(edge.incidents)
        time.sleep(10 * edge.slow_s)
    return before


class TestReplayStopped:
    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
    def test_and_run_again_doubles_nothing(
        self, edge: Edge, replay: Replay, how: signal.Signals
    ) -> None:
        replay.write(good(ROWS))
        edge.slow_s = 0.02
        command = replay.begin()
        while len(edge.incidents) < 40:
            time.sleep(0.005)
        command.signal(how)
        ended = command.ended()
        before = settled(edge)
        assert 40 <= before < ROWS
        if how is signal.SIGINT:
            assert ended.code == 130
            assert "新建 created" in ended.out
            assert "Traceback" not in ended.err
        edge.age_incidents(5)
        edge.slow_s = 0

        outcome = replay.run()

        assert outcome.code == 0
        assert outcome.counts == (ROWS, ROWS - before, before, 0)
        assert len(edge.incidents) == ROWS
