"""`python -m deploy.chaos`: a run, its table, its JSON, and an exit code that says whether all was well."""

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from deploy.chaos.account import show, write
from deploy.chaos.course import Course, Outcome, Plan
from deploy.chaos.platform import NotUp
from deploy.chaos.strikes import Pace
from deploy.cli import screen
from deploy.data_folder import CannotStart

# Enough for one strike at each program; what cannot be handled is given up within a minute.
SHORT = Plan(
    incidents=1500,
    pace=Pace(every_s=(0.5, 1.5), away_s=(5.0, 8.0), rounds=1, acknowledged=5),
    retry_delays_s=(0.2, 1, 5, 15),
    strike_for_s=30.0,
    patience_s=60.0,
)


def main(arguments: list[str]) -> int:
    """Run, report, clear away; on failure the folder stays."""
    asked = _parser().parse_args(arguments)
    plan = _plan(asked)
    # Where the database's own user reaches it, and the path is short enough for a socket.
    data = Path(tempfile.mkdtemp(prefix="wangge-chaos-"))
    data.chmod(0o711)
    screen.say(f"种子 · seed {plan.seed}; {data}")
    began = time.monotonic()
    outcome: Outcome | None = None
    try:
        outcome = Course(plan, data).run()
    except (NotUp, CannotStart) as reason:
        screen.say(str(reason))
    except KeyboardInterrupt:
        screen.say("已中断；平台已停止 · interrupted; the platform is stopped")
    if outcome is not None:
        show(outcome)
        screen.show(f"{write(outcome, plan)}  {time.monotonic() - began:.0f} s")
    if outcome is not None and outcome.findings.is_clean and not asked.keep:
        shutil.rmtree(data, ignore_errors=True)
    else:
        screen.say(f"数据与日志留在 · data and logs are kept in {data}")
    return 0 if outcome is not None and outcome.findings.is_clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the short form, as in `make test`")
    parser.add_argument("--incidents", type=int, help="how many are posted")
    parser.add_argument("--clients", type=int, help="how many clients post them")
    parser.add_argument("--copies", type=int, help="of each service")
    parser.add_argument("--seed", type=int, help="of the order of the kills")
    parser.add_argument("--keep", action="store_true", help="keep the folder in any case")
    return parser


def _plan(asked: argparse.Namespace) -> Plan:
    names = ("incidents", "clients", "copies", "seed")
    given = {name: getattr(asked, name) for name in names if getattr(asked, name) is not None}
    return replace(SHORT if asked.short else Plan(), **given)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
