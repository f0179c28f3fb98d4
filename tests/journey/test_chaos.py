"""Everything is killed while reports come in: nothing lost, nothing doubled, nobody hangs (short form)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.postgres import find_postgres
from deploy.rabbitmq import find_rabbitmq
from tests.platform import ROOT

SEED = 20261127
# Fewer are sent before anything is killed: a report takes a few milliseconds.
INCIDENTS = 1500
# It takes a minute and a half; a machine that is busy with other things may take long.
ENDS_WITHIN_S = 900

pytestmark = pytest.mark.skipif(
    find_rabbitmq() is None or find_postgres() is None,
    reason="to run this, install the packages rabbitmq-server and postgresql",
)


def test_nothing_is_lost_and_nothing_doubled_whatever_is_killed(tmp_path: Path) -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "deploy.chaos", "--short"),
            *("--incidents", str(INCIDENTS), "--seed", str(SEED)),
        ],
        cwd=ROOT,
        env=os.environ | {"WANGGE_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )

    said = run.stdout + run.stderr
    sys.stdout.write(said)  # shown when something is wrong: it begins with the seed
    assert run.returncode == 0, said
    counted = json.loads((tmp_path / "bench" / "chaos.json").read_text("utf-8"))
    assert counted["acknowledged"] >= INCIDENTS
    assert counted["kills"] >= 4
    wrong = ("missing", "doubled", "stray_dead_letters", "read_model_differences")
    assert {name: counted[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert counted["unexpected_statuses"] == 0
    figures = counted["figures"]
    assert (figures["hung"], figures["unasked"], figures["lost_poison"]) == (0, 0, 0)
    # The measured trap: answers were lost on the way, and whoever owed them answers again.
    assert figures["trap_answers_lost"] > 0
    assert figures["trap_answered_after_s"] is not None
