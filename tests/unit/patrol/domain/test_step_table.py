"""The state table: every step in every state, every guard, and what each step changes."""

import itertools
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from services.patrol.domain.clocks import begun
from services.patrol.domain.conversion import Conversion
from services.patrol.domain.guards import Guard
from services.patrol.domain.incident import OPEN_STATES, Incident, State
from services.patrol.domain.links import Links
from services.patrol.domain.step_table import STEP_TABLE, after
from shared.contracts.incident_steps import INCIDENT_STEPS, STEP_NEEDS
from shared.contracts.patrol import StepOrder
from shared.kernel.actor import Actor
from shared.kernel.errors import RuleBroken
from tests.builders.actor import a_department_user, a_duty_officer, a_grid_member
from tests.builders.counting import counting
from tests.builders.guarded import DESK, REFUSED, a_full_order, a_ready_incident, beside
from tests.builders.incident import NOW, an_incident, an_order

LATER = NOW + timedelta(hours=1)
MINUTE = timedelta(minutes=1)
EVERY_PAIR = list(itertools.product(STEP_TABLE, State))
IN_TURN = [(step, state) for step, state in EVERY_PAIR if state in STEP_TABLE[step].moves]
OUT_OF_TURN = [(step, state) for step, state in EVERY_PAIR if state not in STEP_TABLE[step].moves]
GUARDED = [(step, state, guard) for step, state in IN_TURN for guard in STEP_TABLE[step].guards]


def taken(
    step: str, incident: Incident, actor: Actor = DESK, order: StepOrder | None = None
) -> Incident:
    return after(step, incident, order or a_full_order(), actor, counting(), at=LATER)


class TestEveryStep:
    @pytest.mark.parametrize(("step", "state"), IN_TURN)
    def test_that_is_allowed_moves_along_the_table(self, step: str, state: State) -> None:
        moved = taken(step, a_ready_incident(state, step))

        assert moved.state is STEP_TABLE[step].moves[state]
        assert moved.updated_at == LATER

    @pytest.mark.parametrize(("step", "state"), OUT_OF_TURN)
    def test_that_is_not_is_refused_and_told_what_may_follow(self, step: str, state: State) -> None:
        with pytest.raises(RuleBroken) as refusal:
            taken(step, a_ready_incident(state))

        assert refusal.value.code == "step_out_of_turn"
        may_follow = [name for name, row in STEP_TABLE.items() if state in row.moves]
        for text in (refusal.value.zh, refusal.value.en):
            assert step in text
            assert state in text
            assert all(name in text for name in may_follow)

    @pytest.mark.parametrize(
        ("step", "state", "guard"), GUARDED, ids=lambda each: getattr(each, "code", str(each))
    )
    def test_is_refused_by_each_of_its_guards_with_its_reason(
        self, step: str, state: State, guard: Guard
    ) -> None:
        case = REFUSED[guard.code]
        incident = a_ready_incident(state, step, **case.incident)

        with pytest.raises(RuleBroken) as refusal:
            taken(step, incident, case.actor, a_full_order(**case.order))

        assert (refusal.value.code, refusal.value.zh) == (guard.code, guard.zh)
        assert refusal.value.en == guard.en

    def test_has_a_case_for_each_of_its_guards_and_no_other(self) -> None:
        assert {guard.code for _, _, guard in GUARDED} == set(REFUSED)

    def test_has_an_event_and_a_taker(self) -> None:
        assert set(STEP_TABLE) == set(INCIDENT_STEPS) == set(STEP_NEEDS)
        assert all(row.who is STEP_NEEDS[step] for step, row in STEP_TABLE.items())

    @pytest.mark.parametrize("step", STEP_TABLE)
    def test_tells_what_its_order_and_its_event_have(self, step: str) -> None:
        told = set(STEP_TABLE[step].tells)

        assert told <= {each.name for each in fields(StepOrder)}
        assert told <= {each.name for each in fields(INCIDENT_STEPS[step])}


class TestTheTable:
    """Rules INC-04, read off the national practice and not off the code."""

    @pytest.mark.parametrize(
        "path",
        [
            "accept file dispatch sign feedback check close",
            "accept file dispatch return redispatch sign feedback check close",
            "accept file dispatch return arbitrate return arbitrate sign feedback check close",
            "accept file dispatch sign feedback rework feedback check close",
            "accept file dispatch sign arrive ask-suspend suspend resume ask-extend extend feedback check close",
            "accept file dispatch sign ask-extend refuse-delay feedback check close evaluate",
            "escalate accept file escalate dispatch hand-down sign feedback check hand-down close",
            "accept file dispatch join join-accept sign join-feedback feedback check close evaluate",
            "accept file dispatch join join-refuse sign join join-accept join-feedback feedback check close",
            "supervise accept file urge dispatch sign answer feedback check close",
            "accept file dispatch sign feedback check close evaluate reopen dispatch sign feedback check close evaluate",
            "accept file dispatch sign feedback check close reopen dispatch sign feedback check close",
            "self-handle",
            "self-handle reopen accept file dispatch sign feedback check close",
            "cancel",
            "cancel reopen accept file dispatch sign feedback check close",
            "accept merge",
            "accept merge reopen accept file dispatch sign feedback check close",
            "accept file dispatch merge unmerge sign feedback check close",
            "accept file convert take-over conclude",
            "accept file convert conclude reopen dispatch sign feedback check close",
            "accept file dispatch sign convert hand-back feedback check close",
            "attach accept file dispatch sign detach feedback check close",
        ],
    )
    def test_lets_an_incident_go_the_ways_of_the_practice(self, path: str) -> None:
        incident = begun(an_incident(reported_by="desk", severity="L3"), counting())
        extending = replace(begun(an_incident(severity="L4"), counting()), reported_by="desk")
        incident = extending if "extend" in path else incident
        incident = replace(incident, links=beside())

        for step in path.split():
            by_handler = {"sign", "arrive", "feedback", "ask-suspend", "ask-extend"}
            actor = a_grid_member("wang") if step in by_handler else DESK
            order = a_full_order(unit="water") if "join" in step else None
            actor = a_department_user(unit="water") if "join-" in step else actor
            incident = taken(step, incident, actor, order)

        assert incident.state in set(State) - OPEN_STATES

    def test_ends_no_case_as_handled_without_evidence(self) -> None:
        """Rules INC-04: take away what needs files, and no way leads to an end but that of a cancelled one."""
        reached = {State.REPORTED}
        # What ends in another service has its evidence there.
        here = [row for step, row in STEP_TABLE.items() if step != "conclude"]
        bare = [row.moves for row in here if "files" not in row.needs]
        while (
            more := {moves[state] for moves in bare for state in reached if state in moves}
            - reached
        ):
            reached |= more

        assert reached - OPEN_STATES == {State.CANCELLED}

    def test_closes_nothing_that_was_not_checked(self) -> None:
        assert set(STEP_TABLE["close"].moves) == {State.CHECKED}
        assert set(STEP_TABLE["check"].moves) == {State.FEEDBACK}

    def test_cancels_only_what_was_not_yet_found_real(self) -> None:
        assert set(STEP_TABLE["cancel"].moves) == {State.REPORTED}

    def test_opens_again_whatever_has_ended_and_nothing_else(self) -> None:
        ended = set(State) - OPEN_STATES

        assert set(STEP_TABLE["reopen"].moves) == ended
        assert set(STEP_TABLE["reopen"].moves.values()) <= OPEN_STATES

    @pytest.mark.parametrize("step", ["escalate", "hand-down", "supervise", "urge", "answer"])
    def test_leaves_what_is_open_where_it_stands_when_a_desk_only_asks_or_passes_it_on(
        self, step: str
    ) -> None:
        assert STEP_TABLE[step].moves == {state: state for state in OPEN_STATES}

    def test_says_so_when_nothing_may_follow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(STEP_TABLE, "reopen")

        with pytest.raises(RuleBroken, match="What may follow: nothing"):
            taken("accept", an_incident(State.EVALUATED))


class TestTask:
    @pytest.mark.parametrize("step", ["dispatch", "redispatch", "arbitrate"])
    def test_goes_to_a_unit_and_to_nobody_in_it(self, step: str) -> None:
        [state] = STEP_TABLE[step].moves
        incident = an_incident(state, unit="old", handler="member", workers=("member",))

        moved = taken(step, incident, order=an_order(unit="water"))

        assert (moved.unit, moved.handler, moved.workers) == ("water", None, ())

    @pytest.mark.parametrize(("step", "state"), [("sign", "dispatched"), ("feedback", "handling")])
    def test_is_his_who_signed_or_reported_the_result(self, step: str, state: str) -> None:
        incident = an_incident(State(state), workers=("li",))

        moved = taken(step, incident, a_grid_member("wang"))

        assert (moved.handler, moved.workers) == ("wang", ("li", "wang"))

    @pytest.mark.parametrize("step", ["file", "check", "close"])
    def test_is_touched_by_no_other_step(self, step: str) -> None:
        [(state, then)] = STEP_TABLE[step].moves.items()

        assert taken(step, an_incident(state)) == an_incident(then, updated_at=LATER)


class TestOwnWork:
    """The handler does not check his own work: nobody who signed or reported on the task does."""

    @pytest.mark.parametrize("step", ["check", "rework"])
    @pytest.mark.parametrize("checker", ["signer", "reporter of the result"])
    def test_is_not_checked_by_whoever_did_it(self, step: str, checker: str) -> None:
        signed = taken("sign", an_incident(State.DISPATCHED), a_grid_member("signer"))
        done = taken("feedback", signed, a_grid_member("reporter of the result"))

        with pytest.raises(RuleBroken) as refusal:
            taken(step, done, a_grid_member(checker))

        assert refusal.value.code == "handler_checks_own_work"

    def test_may_be_checked_by_another(self) -> None:
        incident = an_incident(State.FEEDBACK, handler="wang", workers=("wang",))

        assert taken("check", incident, a_grid_member("li")).state is State.CHECKED

    def test_that_falls_short_is_counted(self) -> None:
        incident = an_incident(State.FEEDBACK, handler="wang", workers=("wang",), rework_count=1)

        moved = taken("rework", incident, a_grid_member("li"))

        assert (moved.rework_count, moved.handler) == (2, "wang")


class TestReturn:
    """Rules INC-05: a second return goes to arbitration, and there is no third."""

    def test_is_counted(self) -> None:
        assert taken("return", an_incident(State.DISPATCHED)).return_count == 1

    def test_goes_out_again_or_to_arbitration_the_first_time(self) -> None:
        once = an_incident(State.RETURNED, return_count=1)

        assert taken("redispatch", once).state is State.DISPATCHED
        assert taken("arbitrate", once).state is State.DISPATCHED

    def test_is_decided_on_by_the_level_then_by_the_next_then_no_more(self) -> None:
        community = a_duty_officer("li", place_code="420802001013")
        street = a_duty_officer("zhao", place_code="420802001")
        first = taken("arbitrate", an_incident(State.RETURNED, return_count=1), community)
        again = taken("return", first, a_grid_member())

        with pytest.raises(RuleBroken):
            taken("arbitrate", again, community)
        decided = taken("arbitrate", again, street)

        assert (first.arbitrated_level, decided.arbitrated_level) == ("community", "street")
        with pytest.raises(RuleBroken) as refusal:
            taken("return", decided, a_grid_member())
        assert refusal.value.code == "return_limit_reached"

    def test_is_decided_on_twice_by_the_district_above_which_is_nobody(self) -> None:
        again = an_incident(State.RETURNED, return_count=2, arbitrated_level="district")

        assert taken("arbitrate", again).state is State.DISPATCHED


class TestReopening:
    def test_begins_the_task_anew_and_counts(self) -> None:
        ended = an_incident(
            State.CLOSED,
            unit="water",
            handler="wang",
            workers=("wang",),
            return_count=2,
            rework_count=1,
            arbitrated_level="street",
            duplicate_of="P20261123-0000026",
        )

        opened = taken("reopen", ended)

        [clock] = opened.clocks
        assert (clock.kind, clock.deadline.started_at) == ("dispatch", LATER)
        assert replace(opened, clocks=()) == an_incident(
            State.FILED, rework_count=1, reopen_count=1, updated_at=LATER
        )


class TestCancelling:
    def test_names_what_a_duplicate_repeats(self) -> None:
        order = an_order(duplicate_of="P20261123-0000026")

        assert taken("cancel", an_incident(), order=order).duplicate_of == "P20261123-0000026"


class TestMerging:
    """What goes on in another incident is set aside, and comes back as it was."""

    RUNNING = an_incident(State.REPORTED, severity="L3", links=beside())

    def test_ends_an_incident_as_a_duplicate_of_the_other_and_its_limits_with_it(self) -> None:
        moved = taken("merge", begun(self.RUNNING, counting()))

        assert (moved.state, moved.duplicate_of) == (State.CANCELLED, "P20261123-0000026")
        assert moved.links.into == "incident-2"
        assert [clock.outcome for clock in moved.clocks] == ["void"]

    @pytest.mark.parametrize(
        "path", ["", "accept", "accept file dispatch", "accept file dispatch sign"]
    )
    def test_is_taken_back_to_where_it_stood_with_the_limits_that_ran(self, path: str) -> None:
        before = begun(self.RUNNING, counting())
        for step in path.split():
            before = taken(step, before)

        merged = after("merge", before, a_full_order(), DESK, counting(), at=LATER + MINUTE)
        back = after("unmerge", merged, a_full_order(), DESK, counting(), at=LATER + 2 * MINUTE)

        assert back == replace(before, updated_at=LATER + 2 * MINUTE)

    def test_brings_back_no_limit_that_had_ended_before(self) -> None:
        returned = before = begun(self.RUNNING, counting())
        for step in ("accept", "file", "dispatch", "return"):
            returned = before = taken(step, before)

        merged = after("merge", returned, a_full_order(), DESK, counting(), at=LATER + MINUTE)
        back = after("unmerge", merged, a_full_order(), DESK, counting(), at=LATER + MINUTE)

        assert back.clocks == returned.clocks

    def test_lets_a_limit_that_stood_still_stand_again(self) -> None:
        before = begun(self.RUNNING, counting())
        for step in ("accept", "file", "dispatch", "sign", "ask-suspend"):
            by = a_grid_member("wang") if step in ("sign", "ask-suspend") else DESK
            before = taken(step, before, by)
        suspended = taken("suspend", before)

        merged = after("merge", suspended, a_full_order(), DESK, counting(), at=LATER + MINUTE)
        back = after("unmerge", merged, a_full_order(), DESK, counting(), at=LATER + MINUTE)

        assert (back.state, back.clocks) == (State.SUSPENDED, suspended.clocks)

    def test_may_be_undone_for_good_by_opening_it_again(self) -> None:
        merged = taken("merge", begun(self.RUNNING, counting()))

        opened = taken("reopen", merged)

        assert (opened.state, opened.duplicate_of, opened.set_aside) == (State.REPORTED, None, None)
        assert opened.links.into is None
        with pytest.raises(RuleBroken):
            taken("unmerge", opened)


class TestConverting:
    """转办: it goes on as a matter of another service, and comes back when that does not take it."""

    HANDLING = ("accept", "file", "dispatch", "sign")

    def handling(self) -> Incident:
        incident = begun(an_incident(State.REPORTED, severity="L3"), counting())
        for step in self.HANDLING:
            incident = taken(step, incident, a_grid_member("wang") if step == "sign" else DESK)
        return incident

    @pytest.mark.parametrize("to", ["mediation", "petition", "enforcement", "emergency"])
    def test_waits_for_a_receipt_and_no_limit_of_before(self, to: str) -> None:
        moved = taken("convert", self.handling(), order=a_full_order(to=to))

        assert moved.state is State.LINKED
        assert moved.conversion == Conversion(number=1, to=to)
        [receipt] = [clock for clock in moved.clocks if clock.runs]
        assert (receipt.kind, receipt.deadline.rule_id) == ("receipt", f"incident.receipt.{to}")
        assert receipt.deadline.due_current is not None

    def test_ends_the_wait_when_it_was_taken_over_there(self) -> None:
        order = a_full_order(their_no="T-7")

        moved = taken("take-over", taken("convert", self.handling()), order=order)

        assert moved.conversion == Conversion(
            number=1, to="mediation", taken_over=True, their_no="T-7"
        )
        assert not any(clock.runs for clock in moved.clocks)
        assert moved.clocks[-1].outcome == "met"

    def test_is_handed_back_to_where_it_stood_with_the_limits_that_ran(self) -> None:
        before = self.handling()
        converted = after("convert", before, a_full_order(), DESK, counting(), at=LATER + MINUTE)

        back = after("hand-back", converted, a_full_order(), DESK, counting(), at=LATER + MINUTE)

        assert (back.state, back.handler, back.set_aside) == (State.HANDLING, "wang", None)
        assert back.clocks[:-1] == before.clocks
        assert back.clocks[-1].kind == "receipt"

    def test_is_counted_so_that_answers_to_an_earlier_time_are_told_apart(self) -> None:
        once = taken("hand-back", taken("convert", self.handling()))

        again = taken("convert", once, order=a_full_order(to="petition"))

        assert again.conversion == Conversion(number=2, to="petition")
        assert again.conversion.name("incident-1") == "incident-1.2"

    def test_ends_with_the_matter_there(self) -> None:
        ended = taken("conclude", taken("convert", self.handling()))

        assert (ended.state, ended.set_aside) == (State.CLOSED, None)
        assert not any(clock.runs for clock in ended.clocks)


class TestParts:
    def test_belong_to_the_larger_matter_until_they_are_taken_out_of_it(self) -> None:
        part = taken("attach", an_incident(State.FILED, links=beside()))
        alone = taken("detach", part)

        assert (part.links.parent, part.state) == ("incident-2", State.FILED)
        assert (alone.links.parent, alone.state) == (None, State.FILED)

    @pytest.mark.parametrize("step", ["close", "cancel", "self-handle"])
    def test_are_waited_for_by_whatever_ends_the_larger_matter(self, step: str) -> None:
        [state] = STEP_TABLE[step].moves
        whole = a_ready_incident(state, links=Links(children=2, open_children=1))

        with pytest.raises(RuleBroken) as refusal:
            taken(step, whole)

        assert refusal.value.code == "child_open"
        all_done = replace(whole, links=Links(children=2))
        assert taken(step, all_done).state not in OPEN_STATES


class TestOnTheSpot:
    """即办即结: a photo of before and one of after."""

    @pytest.mark.parametrize(("reported", "before"), [(("file-0",), []), ((), ["file-0"])])
    def test_takes_the_reports_own_photo_for_the_one_before(
        self, reported: tuple[str, ...], before: list[str]
    ) -> None:
        order = an_order(before=before)
        incident = an_incident(reported_by="wang", files=reported)

        moved = taken("self-handle", incident, a_grid_member("wang"), order)

        assert (moved.state, moved.handler) == (State.SELF_HANDLED, "wang")

    def test_takes_no_blank_for_a_photo(self) -> None:
        with pytest.raises(RuleBroken) as refusal:
            taken("self-handle", an_incident(reported_by="desk"), order=an_order(before=[" "]))

        assert refusal.value.code == "no_photo_before"
