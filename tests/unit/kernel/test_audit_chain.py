"""An audit trail in which anything was changed, removed, inserted or swapped is found out."""

import hashlib
import random
from copy import deepcopy
from typing import Any

import pytest

from shared.kernel.audit_chain import BEGINNING, Algorithm, digest_of, flaws

Row = dict[str, Any]


def a_trail(rows: int, algorithm: Algorithm = "sha256") -> list[Row]:
    trail: list[Row] = []
    for number in range(1, rows + 1):
        row = {
            "number": number,
            "at": f"2026-11-27T08:00:{number % 60:02}.000000+00:00",
            "account": f"member-{number % 7}",
            "roles": ["grid_member"],
            "place_code": "420802001001001" if number % 3 else None,
            "call_id": f"call-{number}",
            "action": "patrol.report_incident",
            "about": f"P20261127{number:06}",
            "outcome": "done" if number % 5 else "invalid",
            "algorithm": algorithm,
        }
        previous = trail[-1]["digest"] if trail else BEGINNING
        trail.append(row | {"digest": digest_of(previous, row)})
    return trail


def change(trail: list[Row], dice: random.Random) -> None:
    row = dice.choice(trail)
    name = dice.choice(sorted(row))
    value = row[name]
    match value:
        case int():
            row[name] = value + dice.choice([-1, 1, 1000])
        case str():
            row[name] = value[:-1] + ("0" if value[-1:] != "0" else "1")
        case list():
            row[name] = [*value, "auditor"]
        case None:
            row[name] = "420802"


def change_and_seal(trail: list[Row], dice: random.Random) -> None:
    """Change a row and give it the digest it would have: the next one gives it away."""
    place = dice.randrange(len(trail) - 1)
    trail[place]["outcome"] = "forged"
    previous = trail[place - 1]["digest"] if place else BEGINNING
    trail[place]["digest"] = digest_of(previous, trail[place])


def remove(trail: list[Row], dice: random.Random) -> None:
    del trail[dice.randrange(len(trail) - 1)]


def insert(trail: list[Row], dice: random.Random) -> None:
    trail.insert(dice.randrange(len(trail)), deepcopy(dice.choice(trail)))


def swap(trail: list[Row], dice: random.Random) -> None:
    one, other = dice.sample(range(len(trail)), 2)
    trail[one], trail[other] = trail[other], trail[one]


def add_a_field(trail: list[Row], dice: random.Random) -> None:
    dice.choice(trail)["remark"] = "approved"


EDITS = [change, change_and_seal, remove, insert, swap, add_a_field]


def test_a_whole_trail_has_no_flaw() -> None:
    trail = a_trail(200)

    assert list(flaws(trail, anchors={1: trail[0]["digest"], 200: trail[-1]["digest"]})) == []
    assert list(flaws([])) == []


def test_each_of_a_thousand_edits_is_found() -> None:
    dice, whole = random.Random(20261127), a_trail(60)
    missed = []
    for number in range(1000):
        trail, edit = deepcopy(whole), EDITS[number % len(EDITS)]
        edit(trail, dice)
        assert trail != whole
        if not list(flaws(trail)):
            missed.append(f"{edit.__name__} {number}")

    assert missed == []


def test_a_trail_cut_off_at_its_end_shows_against_a_digest_noted_elsewhere() -> None:
    trail = a_trail(30)
    noted = {30: trail[-1]["digest"]}

    assert list(flaws(trail[:-1])) == []
    [cut] = flaws(trail[:-1], anchors=noted)
    assert cut.number == 30


def test_a_trail_made_anew_shows_against_a_digest_noted_elsewhere() -> None:
    noted = {20: a_trail(30)[19]["digest"]}
    forged = a_trail(30)
    forged[4]["outcome"] = "forged"
    for place in range(30):
        previous = forged[place - 1]["digest"] if place else BEGINNING
        forged[place]["digest"] = digest_of(previous, forged[place])

    assert list(flaws(forged)) == []
    [flaw] = flaws(forged, anchors=noted)
    assert flaw.number == 20


def test_one_removed_row_is_one_flaw_and_the_rest_is_looked_at() -> None:
    trail = a_trail(30)
    del trail[9]
    trail[20]["account"] = "somebody"

    assert [flaw.number for flaw in flaws(trail)] == [10, 22]


def test_a_trail_may_go_over_to_sm3() -> None:
    trail = a_trail(5)
    row = {**trail[-1], "number": 6, "algorithm": "sm3"}
    del row["digest"]
    trail.append(row | {"digest": digest_of(trail[-1]["digest"], row)})

    assert list(flaws(trail)) == []
    # GB/T 32905-2016, A.1
    assert hashlib.new("sm3", b"abc").hexdigest().startswith("66c7f0f462eeedd9")


def test_an_algorithm_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="algorithm"):
        digest_of(BEGINNING, a_trail(1)[0] | {"algorithm": "md5"})
