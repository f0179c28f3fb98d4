"""An audit trail in which anything was changed, removed, inserted or swapped is found out."""

import hashlib
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from shared.kernel.audit_chain import BEGINNING, Algorithm, digest_of
from shared.kernel.trail_check import flaws

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


def make_anew(trail: list[Row], dice: random.Random) -> None:
    """Change a row and make the chain anew from there on: only what was noted elsewhere tells."""
    place = dice.randrange(len(trail) - 1)
    trail[place]["outcome"] = "forged"
    seal(trail, place)


def remove_and_make_anew(trail: list[Row], dice: random.Random) -> None:
    place = dice.randrange(len(trail) - 1)
    del trail[place]
    for number, row in enumerate(trail, start=1):
        row["number"] = number
    seal(trail, place)


def insert_and_make_anew(trail: list[Row], dice: random.Random) -> None:
    place = dice.randrange(len(trail) - 1)
    trail.insert(place, trail[place] | {"account": "nobody"})
    for number, row in enumerate(trail, start=1):
        row["number"] = number
    seal(trail, place)


def cut_off(trail: list[Row], dice: random.Random) -> None:
    del trail[dice.randrange(len(trail) - 1) + 1 :]


def seal(trail: list[Row], first: int) -> None:
    """Give every row from *first* on the digest it would have."""
    for place in range(first, len(trail)):
        previous = trail[place - 1]["digest"] if place else BEGINNING
        trail[place]["digest"] = digest_of(previous, trail[place])


def add_a_field(trail: list[Row], dice: random.Random) -> None:
    dice.choice(trail)["remark"] = "approved"


def give_a_reason(trail: list[Row], dice: random.Random) -> None:
    dice.choice(trail)["reason"] = dice.choice(["approved", None])


EDITS = [change, change_and_seal, remove, insert, swap, add_a_field, give_a_reason]
EDITS_THAT_ANCHORS_SHOW = [make_anew, remove_and_make_anew, insert_and_make_anew, cut_off]


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


def test_each_of_a_thousand_edits_with_the_chain_made_anew_is_found_by_anchors() -> None:
    dice, whole = random.Random(20261128), a_trail(60)
    anchors = {number: whole[number - 1]["digest"] for number in (7, 24, 25, 41, 60)}
    edits = [*EDITS, *EDITS_THAT_ANCHORS_SHOW]
    missed, seen_without = [], 0
    for number in range(1000):
        trail, edit = deepcopy(whole), edits[number % len(edits)]
        edit(trail, dice)
        found = list(flaws(trail, anchors=anchors))
        if not found:
            missed.append(f"{edit.__name__} {number}")
        if edit in EDITS_THAT_ANCHORS_SHOW:
            seen_without += bool(list(flaws(trail)))
            edited = next(
                n for n, (a, b) in enumerate(zip([*trail, None], whole, strict=False), 1) if a != b
            )
            # By the first anchor after the edit, and not later.
            assert found[0].number == min(n for n in anchors if n >= edited)

    assert missed == []
    assert seen_without == 0


@pytest.mark.parametrize(
    ("edit", "kind", "number"),
    [
        (lambda trail: trail[9].update(account="wang"), "changed", 10),
        (lambda trail: trail[9].update(number=77), "changed", 10),
        (lambda trail: trail.pop(9), "removed", 10),
        (lambda trail: trail.insert(9, dict(trail[20])), "inserted", 10),
        (lambda trail: trail.insert(9, dict(trail[3])), "inserted", 10),
        (lambda trail: trail.insert(9, trail.pop(10)), "reordered", 11),
        (lambda trail: trail.insert(20, trail.pop(9)), "reordered", 10),
        (lambda trail: trail.insert(9, trail.pop(20)), "reordered", 21),
    ],
)
def test_what_was_done_is_said_and_where(edit: Any, kind: str, number: int) -> None:
    trail = a_trail(30)
    edit(trail)

    assert [(flaw.kind, flaw.number) for flaw in flaws(trail)] == [(kind, number)]


def test_two_rows_that_were_swapped_are_both_named() -> None:
    trail = a_trail(30)
    trail[4], trail[20] = trail[20], trail[4]

    assert [(flaw.kind, flaw.number) for flaw in flaws(trail)] == [
        ("reordered", 5),
        ("reordered", 21),
    ]


def test_several_rows_removed_at_one_place_are_one_flaw() -> None:
    trail = a_trail(30)
    del trail[9:14]

    [flaw] = flaws(trail)
    assert (flaw.number, flaw.last, flaw.kind) == (10, 14, "removed")
    assert "14" in flaw.zh
    assert "14" in flaw.en


def test_a_trail_whose_beginning_is_archived_goes_on_from_its_digest() -> None:
    trail = a_trail(30)
    after = (10, str(trail[9]["digest"]))

    assert list(flaws(trail[10:], after=after)) == []
    assert [flaw.number for flaw in flaws(trail[11:], after=after)] == [11]
    assert [flaw.kind for flaw in flaws(trail[10:], after=(10, BEGINNING))] == ["changed"]
    assert [flaw.last for flaw in flaws(trail[10:])] == [10]


def test_a_file_in_which_all_is_wrong_is_not_read_to_its_end() -> None:
    read = 0

    def nonsense() -> Iterator[Row]:
        nonlocal read
        for _ in range(100_000):
            read += 1
            yield {"number": 3}

    assert list(flaws(nonsense()))
    assert read < 100_000


def test_rows_with_a_reason_and_without_are_one_chain() -> None:
    trail = a_trail(3)
    row = {**trail[-1], "number": 4, "reason": "案件核查", "shown": {"ids": ["P1"], "count": 1}}
    del row["digest"]
    trail.append(row | {"digest": digest_of(trail[-1]["digest"], row)})

    assert list(flaws(trail)) == []
    del trail[-1]["reason"]
    assert [flaw.kind for flaw in flaws(trail)] == ["changed"]


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
