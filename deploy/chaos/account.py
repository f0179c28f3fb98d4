"""The account of a run: one table on the screen, one JSON file beside the benchmarks'."""

from collections import Counter
from pathlib import Path

from deploy.bench import report
from deploy.chaos.course import Outcome, Plan
from deploy.cli import screen

# Where a reader of the JSON looks first.
COUNTS = (
    "acknowledged",
    "missing",
    "doubled",
    "stray_dead_letters",
    "read_model_differences",
    "unexpected_statuses",
    "kills",
)


def show(outcome: Outcome) -> None:
    """Print what was found, and on failure the first of what is wrong."""
    rows = [
        [name, f"{value:,.10g}"] for name, value in (_counts(outcome) | _figures(outcome)).items()
    ]
    report.show("故障注入 · fault injection", ["what", "count"], rows)
    findings = outcome.findings
    if not findings.is_clean:
        for line in (*findings.hung, *findings.samples):
            screen.warn(line)


def write(outcome: Outcome, plan: Plan) -> Path:
    """Write `chaos.json`."""
    figures = _figures(outcome) | {"seed": plan.seed, "copies": plan.copies}
    return report.write("chaos", ratios={}, figures=figures, counts=_counts(outcome))


def _counts(outcome: Outcome) -> dict[str, int]:
    return {name: getattr(outcome.findings, name) for name in COUNTS}


def _figures(outcome: Outcome) -> dict[str, float | None]:
    findings, tally, sprung = outcome.findings, outcome.tally, outcome.sprung
    killed = Counter(each.program for each in outcome.killed)
    away = Counter(each.program for each in outcome.killed if each.away_s)
    return {
        "incidents": len(tally.opened),
        "incidents_in_the_storm": outcome.in_the_storm,
        "steps": len(tally.stepped),
        "events": outcome.events,
        "unasked": findings.unasked,
        "lost_poison": findings.lost_poison,
        "hung": len(findings.hung),
        **{f"kills_{program}": count for program, count in sorted(killed.items())},
        **{f"kills_{program}_away": count for program, count in sorted(away.items())},
        **{f"status_{status}": count for status, count in sorted(tally.statuses.items())},
        "cut_off": tally.cut_off,
        "unanswered": tally.unanswered,
        "storm_s": round(outcome.storm_s, 1),
        "rest_s": round(outcome.rest_s, 1),
        "posts_per_s": round(len(tally.opened) / outcome.storm_s, 1),
        "trap_calls_held": sprung.calls_held,
        "trap_answers_lost": sprung.answers_lost,
        "trap_survived": float(sprung.survived),
        "trap_answered_after_s": _rounded(sprung.answered_after_s),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
