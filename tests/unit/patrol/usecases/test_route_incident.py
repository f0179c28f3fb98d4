"""An incident finds where it goes when it is reported and when it is filed; what fails is told once."""

from datetime import timedelta

import pytest

from services.patrol.domain.incident import Incident, State
from services.patrol.domain.routing import Rule, RuleSet
from services.patrol.usecases.report_incident import ReportIncident
from services.patrol.usecases.route_incident import RouteIncident
from services.patrol.usecases.take_step import TakeStep
from shared.contracts.incident_steps import IncidentDispatched, IncidentFiled
from shared.contracts.patrol import IncidentReported, StepOrder
from shared.contracts.routing import Routing, RoutingRuleFailed
from shared.kernel.compartment import Compartment
from tests.builders.actor import a_citizen, a_duty_officer
from tests.builders.counting import counting
from tests.builders.incident import NOW, a_report, an_incident
from tests.builders.place import a_place
from tests.builders.routing import a_rule, a_set
from tests.fakes.patrol import (
    FakeGridLocator,
    FakeIncidentStore,
    FakeOutbox,
    FakeRoutingStore,
    FakeTransaction,
)

LATER = NOW + timedelta(hours=1)
DESK = a_duty_officer()


class Patrol:
    """Rules, and the use cases that go by them."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = FakeRoutingStore(a_set(*rules))
        self.store = FakeIncidentStore()
        self.outbox = FakeOutbox()
        router = RouteIncident(self.rules, self.outbox)
        transaction = FakeTransaction()
        self.report_incident = ReportIncident(
            self.store,
            FakeGridLocator(a_place()),
            self.outbox,
            transaction,
            counting,
            lambda: NOW,
            router,
        )
        self.take_step = TakeStep(
            self.store, self.outbox, transaction, counting, lambda: LATER, router
        )

    def report(self) -> Incident:
        return self.report_incident(a_report(), actor=a_citizen())

    def file(self, **changed: object) -> Incident:
        self.store.incidents["incident-1"] = an_incident(State.ACCEPTED, **changed)
        return self.take_step("incident-1", "file", StepOrder(), actor=DESK)

    def go_by(self, *rules: Rule) -> None:
        before = self.rules.latest()
        after: RuleSet = a_set(*rules)
        self.rules.put_in_force(
            RuleSet(version=before.version + 1, rules=after.rules, departments=after.departments),
            at=NOW,
            by="admin",
            note="",
        )


def routing_of(incident: Incident) -> Routing:
    assert incident.routing is not None
    return incident.routing


class TestWhenReported:
    def test_an_incident_is_shown_where_to_and_why_and_so_are_the_others(self) -> None:
        patrol = Patrol(a_rule(categories=["05"], applies="dispatch"))

        opened = patrol.report()

        routing = routing_of(opened)
        assert (routing.rule, routing.unit, routing.at) == ("r-1", "ecology", NOW)
        assert "环境类事件" in routing.zh
        # A task is made of it when it is filed, and not before.
        assert (opened.state, opened.unit) == (State.REPORTED, None)
        [told] = patrol.outbox.events
        assert isinstance(told, IncidentReported)
        assert told.routing == routing

    def test_one_that_no_rule_matches_says_so(self) -> None:
        routing = routing_of(Patrol().report())

        assert (routing.rule, routing.desk, routing.unit) == (None, "community", a_place().codes[2])
        assert routing.zh.startswith("没有规则适用")

    def test_a_rule_that_fails_is_told_once_and_the_incident_goes_in(self) -> None:
        patrol = Patrol(a_rule(department="gone"))

        patrol.report()
        opened = patrol.report()

        assert len(patrol.store.incidents) == 2
        assert [each.code for each in routing_of(opened).passed_over] == ["department_closed"]
        [failed] = [e for e in patrol.outbox.events if isinstance(e, RoutingRuleFailed)]
        assert (failed.rule, failed.rule_version, failed.set_version) == ("r-1", 1, 7)
        assert list(patrol.rules.found.values()) == [2]


class TestWhenFiled:
    def test_a_rule_that_suggests_leaves_it_to_the_desk(self) -> None:
        patrol = Patrol(a_rule())

        filed = patrol.file()

        assert (filed.state, filed.unit) == (State.FILED, None)
        [told] = patrol.outbox.events
        assert isinstance(told, IncidentFiled)
        assert told.routing == filed.routing == routing_of(filed)

    def test_a_rule_that_dispatches_does_so_at_once(self) -> None:
        patrol = Patrol(a_rule(applies="dispatch"))

        dispatched = patrol.file()

        assert (dispatched.state, dispatched.unit) == (State.DISPATCHED, "ecology")
        assert patrol.store.incidents["incident-1"] == dispatched
        filed, sent = patrol.outbox.events
        assert isinstance(filed, IncidentFiled)
        assert isinstance(sent, IncidentDispatched)
        assert (filed.by, sent.by, sent.unit) == ("desk", "platform", "ecology")
        assert sent.routing == dispatched.routing
        assert [(step.step, step.by, step.unit) for step in patrol.store.steps] == [
            ("file", "desk", None),
            ("dispatch", "platform", "ecology"),
        ]
        assert patrol.store.steps[1].details == {"routing": dispatched.routing}
        assert {clock.kind for clock in dispatched.clocks if clock.runs} >= {"handle", "return"}

    @pytest.mark.parametrize("level", ["community", "street", "district"])
    def test_a_rule_that_dispatches_does_so_at_whatever_level_it_lies(self, level: str) -> None:
        patrol = Patrol(a_rule(applies="dispatch"))

        assert patrol.file(level=level).state is State.DISPATCHED
        assert not patrol.rules.found

    def test_it_goes_by_the_rules_of_that_moment(self) -> None:
        patrol = Patrol(a_rule())
        opened = patrol.report()
        patrol.go_by(a_rule("r-2", department="water"))
        patrol.take_step(opened.incident_id, "accept", StepOrder(), actor=DESK)

        filed = patrol.take_step(opened.incident_id, "file", StepOrder(), actor=DESK)

        assert routing_of(opened).unit == "ecology"
        assert (routing_of(filed).unit, routing_of(filed).set_version) == ("water", 8)

    def test_it_is_not_sent_to_whom_it_is_closed(self) -> None:
        patrol = Patrol(a_rule(applies="dispatch"))

        filed = patrol.file(compartment=Compartment(units=("ecology",)))

        assert (filed.state, filed.unit) == (State.FILED, None)
        assert routing_of(filed).rule is None
        assert [each.code for each in routing_of(filed).passed_over] == ["closed_to_unit"]
        assert not patrol.rules.found

    def test_a_dispatch_by_hand_names_no_rule(self) -> None:
        patrol = Patrol(a_rule())
        patrol.file()

        patrol.take_step("incident-1", "dispatch", StepOrder(unit="water"), actor=DESK)

        told = patrol.outbox.events[-1]
        assert isinstance(told, IncidentDispatched)
        assert (told.by, told.routing) == ("desk", None)
        assert patrol.store.steps[-1].details == {}
