"""What may be done about an alert: every step of the table works, and every other is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.command.domain.alert import (
    NEXT_STATES,
    Alert,
    AlertState,
    Decision,
    raised_by,
    smallest_holding,
)
from services.command.domain.warning.finding import Finding, Kind
from shared.contracts.command import AlertOrder
from shared.kernel.errors import RuleBroken
from shared.kernel.personal_data import FreeText

NOW = datetime(2026, 11, 23, tzinfo=UTC)
AREAS = ("420802", "420802001", "420802001013", "420802001013001")
ORDER = AlertOrder(note=FreeText("看过"), account="chen")


def a_finding(kind: Kind = Kind.BURST, **changed: object) -> Finding:
    found = Finding(
        kind=kind, category="01", cells=("a",), matter_nos=("P1", "P2"), since=NOW, until=NOW
    )
    return replace(found, **changed)  # type: ignore[arg-type]


def an_alert(state: AlertState = AlertState.RAISED, kind: Kind = Kind.BURST) -> Alert:
    raised = raised_by(a_finding(kind), AREAS, alert_id="a-1", now=NOW)
    return replace(raised, state=state)


@pytest.mark.parametrize(("decision", "state"), list(product(Decision, AlertState)))
def test_a_decision_follows_from_the_state_or_is_refused(
    decision: Decision, state: AlertState
) -> None:
    after = NEXT_STATES[decision].get(state)
    if after is None:
        with pytest.raises(RuleBroken) as refusal:
            an_alert(state).decided(decision, ORDER, by="desk", now=NOW)
        assert refusal.value.code == "wrong_state"
    else:
        assert an_alert(state).decided(decision, ORDER, by="desk", now=NOW).state is after


def test_the_desk_of_the_smallest_area_that_has_one_owns_it() -> None:
    assert an_alert().owner_place == "420802001013"
    assert raised_by(a_finding(), AREAS[:1], alert_id="a", now=NOW).owner_place == "420802"
    assert raised_by(a_finding(), (), alert_id="a", now=NOW).owner_place == "*"


@pytest.mark.parametrize(
    ("kind", "shares_cell", "shares_matter"),
    [
        (Kind.HOT_CELLS, True, False),
        (Kind.CHANGE, True, False),
        (Kind.BURST, False, True),
        (Kind.REPEAT_ADDRESS, False, True),
        (Kind.REPEAT_COMPLAINANT, False, True),
        (Kind.EARLY_SIGN, False, True),
    ],
)
def test_a_finding_is_known_by_what_it_shares(
    kind: Kind, shares_cell: bool, shares_matter: bool
) -> None:
    alert = an_alert(kind=kind)

    assert alert.is_of(a_finding(kind, matter_nos=("P9",))) is shares_cell
    assert alert.is_of(a_finding(kind, cells=("z",), matter_nos=("P2", "P3"))) is shares_matter
    assert not alert.is_of(a_finding(kind, category="06"))


def test_evidence_is_the_latest_until_it_is_decided_on() -> None:
    later, grown = NOW + timedelta(hours=1), a_finding(matter_nos=("P1", "P2", "P3"))

    raised = an_alert().seen_again(grown, AREAS[:2], later)
    decided = an_alert(AlertState.CONFIRMED).seen_again(grown, AREAS[:2], later)

    assert (raised.matter_nos, raised.areas) == (("P1", "P2", "P3"), AREAS[:2])
    assert (decided.matter_nos, decided.areas) == (("P1", "P2"), AREAS)
    assert raised.seen_at == decided.seen_at == later


@given(st.lists(st.lists(st.sampled_from("ab"), max_size=4).map(tuple), min_size=1, max_size=5))
def test_the_smallest_area_holds_all_and_no_smaller_one_does(chains: list[tuple[str, ...]]) -> None:
    held = smallest_holding(chains)

    assert all(chain[: len(held)] == held for chain in chains)
    longer = {chain[: len(held) + 1] for chain in chains}
    assert len(longer) > 1 or held in chains
