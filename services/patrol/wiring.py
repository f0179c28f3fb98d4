"""Puts real adapters behind patrol's use cases."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from services.patrol.clients import GridClient
from services.patrol.domain.catalogue import CatalogueVersion
from services.patrol.domain.duplicates import Reach
from services.patrol.domain.pressing import ESCALATING, URGING, Pressing
from services.patrol.ports.incidents import GridLocator
from services.patrol.ports.routing import AreaTree
from services.patrol.queries import reach
from services.patrol.store import forgetting, links, named_files
from services.patrol.store.catalogue import SqlCatalogueStore, kept_version
from services.patrol.store.clocks import SqlClockStore
from services.patrol.store.incidents import SqlIncidentStore
from services.patrol.store.nearby import SqlNearbyStore
from services.patrol.store.past_incidents import SqlPastIncidents
from services.patrol.store.routing import SqlRoutingStore
from services.patrol.usecases.acknowledge_finding import AcknowledgeFinding
from services.patrol.usecases.activate_catalogue import ActivateCatalogue, no_such_catalogue
from services.patrol.usecases.anonymise_incidents import AnonymiseIncidents
from services.patrol.usecases.close_off_incident import CloseOffIncident
from services.patrol.usecases.draft_routing_rule import DraftRoutingRule
from services.patrol.usecases.hear_answer import HearAnswer
from services.patrol.usecases.import_catalogue import ImportCatalogue
from services.patrol.usecases.press_clocks import PressClocks
from services.patrol.usecases.put_rules_in_force import PutRulesInForce
from services.patrol.usecases.recount_clocks import RecountClocks
from services.patrol.usecases.report_incident import ReportIncident
from services.patrol.usecases.route_incident import RouteIncident
from services.patrol.usecases.suggest_duplicates import SuggestDuplicates
from services.patrol.usecases.take_step import TakeStep
from services.patrol.usecases.tell_due_clocks import TellDueClocks
from services.patrol.usecases.try_routing_rules import TryRoutingRules
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock, china_now
from shared.kernel.deadlines.deadline_clock import DeadlineClock
from shared.kernel.rights import Permission
from shared.runtime.calendars import clock_of
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.settings import Settings
from shared.runtime.turns import overloaded
from shared.runtime.work import Work

AT_ONCE = 500
# Each is written whole, with its history, and held meanwhile.
PRESSED_AT_ONCE = 100
# With all that was told of each.
ANONYMISED_AT_ONCE = 50
TRIALS_AT_ONCE = 2
_trials = threading.BoundedSemaphore(TRIALS_AT_ONCE)


def grid(neighbours: Neighbours) -> GridClient:
    return GridClient(neighbours)


def report_incident(
    work: Work,
    outbox: Outbox,
    locator: GridLocator,
    settings: Settings,
    *,
    clock: Clock = china_now,
) -> ReportIncident:
    store = SqlIncidentStore(work)
    counting = _counting(work, settings)
    return ReportIncident(store, locator, outbox, work, counting, clock, _router(work, outbox))


def forget_contacts(work: Work, kept_for: timedelta, *, clock: Clock = china_now) -> int:
    """Forget whom to ask about what ended so long ago, some hundreds in a transaction; return how many."""
    forgotten = 0
    while True:
        with work.begin():
            some = forgetting.forget_contacts(work.connection, clock() - kept_for, at_most=AT_ONCE)
        work.keep()
        forgotten += some
        if some < AT_ONCE:
            return forgotten


def anonymise_incidents(
    work: Work, outbox: Outbox, kept_for: timedelta, *, clock: Clock = china_now
) -> int:
    """Anonymise all that ended so long ago, some in a transaction; return how many."""
    use_case = AnonymiseIncidents(SqlIncidentStore(work), outbox, work, clock)
    anonymised = 0
    while some := use_case(kept_for, at_most=ANONYMISED_AT_ONCE):
        work.keep()
        anonymised += some
    work.close()
    return anonymised


def enter_named_files(work: Work, since: timedelta, *, clock: Clock = china_now) -> None:
    """Enter which files were named so long ago or later."""
    with work.begin():
        named_files.enter_names_since(work.connection, clock() - since)
    work.keep()


def tell_due_clocks(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> int:
    """Tell of all clocks that are due, some in a transaction; return of how many incidents."""
    use_case = TellDueClocks(SqlClockStore(work), outbox, work, clock)
    told = 0
    while True:
        some = use_case(at_most=AT_ONCE)
        work.keep()
        told += some
        if some < AT_ONCE:
            return told


def urge_near_due(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> int:
    """Urge where little is left of a limit, if the district wants it; return how many."""
    return _press_clocks(work, outbox, URGING, clock) if settings.urge_near_due else 0


def escalate_overdue(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> int:
    """Escalate where a limit has passed, if the district wants it; return how many."""
    return _press_clocks(work, outbox, ESCALATING, clock) if settings.escalate_overdue else 0


def _press_clocks(work: Work, outbox: Outbox, pressing: Pressing, clock: Clock) -> int:
    use_case = PressClocks(SqlIncidentStore(work), SqlClockStore(work), outbox, work, clock)
    looked_at = 0
    while True:
        some = use_case(pressing, at_most=PRESSED_AT_ONCE)
        work.keep()
        looked_at += some
        if some < PRESSED_AT_ONCE:
            return looked_at


def recount_clocks(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> int:
    """Count anew all clocks whose calendar changed, some in a transaction; return in how many."""
    counting = _counting(work, settings)
    use_case = RecountClocks(SqlClockStore(work), outbox, work, counting, clock)
    batches, last = 0, use_case(at_most=AT_ONCE)
    work.keep()
    while last is not None:
        batches += 1
        last = use_case(last, at_most=AT_ONCE)
        work.keep()
    return batches


def close_off_incident(work: Work, outbox: Outbox, *, clock: Clock = china_now) -> CloseOffIncident:
    return CloseOffIncident(SqlIncidentStore(work), outbox, work, clock)


def hear_answer(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> HearAnswer:
    return HearAnswer(SqlIncidentStore(work), outbox, work, _counting(work, settings), clock)


def take_step(
    work: Work, outbox: Outbox, settings: Settings, *, clock: Clock = china_now
) -> TakeStep:
    counting, router = _counting(work, settings), _router(work, outbox)
    return TakeStep(SqlIncidentStore(work), outbox, work, counting, clock, router)


def draft_routing_rule(
    work: Work, areas: AreaTree, *, clock: Clock = china_now
) -> DraftRoutingRule:
    category_version = SqlIncidentStore(work).category_version
    return DraftRoutingRule(SqlRoutingStore(work), areas, category_version, work, clock)


def put_rules_in_force(work: Work, areas: AreaTree, *, clock: Clock = china_now) -> PutRulesInForce:
    return PutRulesInForce(SqlRoutingStore(work), areas, work, clock)


def try_routing_rules(work: Work, areas: AreaTree, settings: Settings) -> TryRoutingRules:
    counting = _counting(work, settings)
    return TryRoutingRules(SqlRoutingStore(work), areas, SqlPastIncidents(work), counting)


@contextmanager
def trial_turn() -> Iterator[None]:
    """Let few dry runs run at once: each takes the loop for a second or two, some milliseconds at a time.

    Raises:
        Unavailable: too many do.
    """
    if not _trials.acquire(blocking=False):
        raise overloaded()
    try:
        yield
    finally:
        _trials.release()


def acknowledge_finding(work: Work, *, clock: Clock = china_now) -> AcknowledgeFinding:
    return AcknowledgeFinding(SqlRoutingStore(work), work, clock)


def _router(work: Work, outbox: Outbox) -> RouteIncident:
    return RouteIncident(SqlRoutingStore(work), outbox)


def linked_with(work: Work, shown: dict[str, Any], actor: Actor) -> list[dict[str, Any]]:
    """Return what the actor may know of the incidents that a shown one is linked with."""
    return links.linked_with(
        work.connection,
        shown["id"],
        is_own=shown["reported_by"] == actor.account,
        reach=reach.within_reach(work.connection, actor, Permission.INCIDENT_READ),
        admitted=reach.admitted_to(actor),
    )


def import_catalogue(work: Work, *, clock: Clock = china_now) -> ImportCatalogue:
    return ImportCatalogue(SqlCatalogueStore(work), work, clock)


def activate_catalogue(
    work: Work, outbox: Outbox, *, clock: Clock = china_now
) -> ActivateCatalogue:
    return ActivateCatalogue(SqlCatalogueStore(work), outbox, work, clock)


def catalogue(work: Work, version: int) -> CatalogueVersion:
    """Return one version of the catalogue; raises `NotFound`."""
    found = kept_version(work.connection, version)
    if found is None:
        raise no_such_catalogue()
    return found


def suggest_duplicates(
    work: Work, actor: Actor, settings: Settings, *, clock: Clock = china_now
) -> SuggestDuplicates:
    store = SqlNearbyStore(
        work.connection,
        reach=reach.within_reach(work.connection, actor, Permission.INCIDENT_READ),
        admitted=reach.admitted_to(actor),
    )
    near = Reach(metres=settings.nearby_metres, span=timedelta(days=settings.nearby_days))
    return SuggestDuplicates(store, near, clock)


def deadline_clock(work: Work, settings: Settings) -> DeadlineClock:
    """Return what counts deadlines by the rules and the calendars in force: one for all that is kept together."""
    return work.part("deadline_clock", lambda: clock_of(work, settings))


def _counting(work: Work, settings: Settings) -> Callable[[], DeadlineClock]:
    return lambda: deadline_clock(work, settings)
