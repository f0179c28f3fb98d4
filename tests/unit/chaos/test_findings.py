"""What a run finds, on rows that are as they should be but for one."""

from dataclasses import replace

import pytest

from deploy.chaos.evidence import Evidence
from deploy.chaos.findings import Comparison
from deploy.chaos.orders import key, title
from deploy.chaos.tally import Opened, Stepped, Tally

OPENED = [Opened(number=n, key=key(n), incident_id=f"i-{n}", matter_no=f"P-{n}") for n in (1, 2, 3)]
STEPPED = [Stepped(key=key(1, "accept"), incident_id="i-1", step="accept")]
TOLD = [("e-1", "i-1", 1), ("e-2", "i-2", 1), ("e-3", "i-3", 1), ("e-4", "i-1", 2)]
POISON = ["bitter", "sour"]
GOOD = Evidence(
    answers=[*((o.key, o.incident_id) for o in OPENED), *((s.key, s.incident_id) for s in STEPPED)],
    incidents=[(each.incident_id, title(each.number)) for each in OPENED],
    steps=[("i-1", "accept")],
    matter_nos=[("P-1",), ("P-2",), ("P-3",), ("P-of-the-example",)],
    told=TOLD,
    entered=TOLD,
    streamed=[event[1:] for event in TOLD],
    boundaries_told=[("1",)],
    boundaries_heard=[("1",)],
    letters=[("command", name, "patrol.incident.reported.v1", "reason") for name in POISON],
    miscounted=[],
)
NOTHING = {"missing": 0, "doubled": 0, "unasked": 0, "stray": 0, "lost": 0}


def tally() -> Tally:
    sent = {each.key for each in OPENED} | {each.key for each in STEPPED}
    return Tally(sent=sent, opened=list(OPENED), stepped=list(STEPPED))


def found(evidence: Evidence, seen: Tally | None = None) -> dict[str, int]:
    comparison = Comparison(evidence, seen or tally())
    return {
        "missing": comparison.missing(),
        "doubled": comparison.doubled(),
        "unasked": comparison.unasked(),
        "stray": comparison.stray_letters(POISON),
        "lost": comparison.lost_poison(POISON),
    }


def test_finds_nothing_where_all_is_well() -> None:
    assert found(GOOD) == NOTHING


@pytest.mark.parametrize(
    ("lacking", "missing"),
    [
        ({"incidents": GOOD.incidents[1:]}, 1),
        ({"answers": GOOD.answers[1:]}, 1),
        ({"answers": [(key(1), "another incident"), *GOOD.answers[1:]]}, 1),
        ({"entered": TOLD[1:]}, 1),
        ({"streamed": GOOD.streamed[1:]}, 1),
        ({"boundaries_heard": []}, 1),
    ],
)
def test_misses_what_was_acknowledged_or_told(
    lacking: dict[str, list[tuple[str, ...]]], missing: int
) -> None:
    assert found(replace(GOOD, **lacking)) == NOTHING | {"missing": missing}


def test_misses_a_step() -> None:
    assert found(replace(GOOD, steps=[])) == NOTHING | {"missing": 1}


def test_misses_a_number_in_the_row_of_an_aggregate() -> None:
    told = [("e-1", "i-1", 1), ("e-2", "i-2", 1), ("e-3", "i-3", 1), ("e-4", "i-1", 3)]

    gap = replace(GOOD, told=told, entered=told, streamed=[event[1:] for event in told])

    assert found(gap) == NOTHING | {"missing": 1}


@pytest.mark.parametrize("rows", ["steps", "matter_nos", "streamed", "boundaries_heard"])
def test_sees_what_is_there_twice(rows: str) -> None:
    there = getattr(GOOD, rows)

    assert found(replace(GOOD, **{rows: [*there, there[0]]})) == NOTHING | {"doubled": 1}


def test_sees_a_report_that_was_opened_twice() -> None:
    twice = replace(GOOD, incidents=[*GOOD.incidents, ("i-9", title(1))])

    assert found(twice) == NOTHING | {"doubled": 1}


def test_sees_what_nobody_sent() -> None:
    more = replace(GOOD, incidents=[*GOOD.incidents, ("i-9", title(9))])

    assert found(more) == NOTHING | {"unasked": 1}


def test_sees_an_effect_of_an_event_that_nobody_told() -> None:
    more = replace(GOOD, entered=[*TOLD, ("e-9", "i-1", 9)])

    assert found(more) == NOTHING | {"unasked": 1}


def test_lets_a_report_be_there_that_was_sent_and_never_acknowledged() -> None:
    seen = tally()
    seen.sent.add(key(9))

    assert found(replace(GOOD, incidents=[*GOOD.incidents, ("i-9", title(9))]), seen) == NOTHING


@pytest.mark.parametrize(
    ("letter", "stray"),
    [
        (("command", None, "patrol.incident.reported.v1", "Early"), 1),
        (("command", "bitter", "patrol.incident.reported.v1", "again"), 1),
        (("patrol", "bitter", "patrol.incident.reported.v1", "not its own"), 1),
    ],
)
def test_sees_a_dead_letter_that_is_no_poison(
    letter: tuple[str, str | None, str, str], stray: int
) -> None:
    more = replace(GOOD, letters=[*GOOD.letters, letter])

    assert found(more) == NOTHING | {"stray": stray}


def test_sees_poison_that_left_no_dead_letter() -> None:
    assert found(replace(GOOD, letters=GOOD.letters[1:])) == NOTHING | {"lost": 1}
