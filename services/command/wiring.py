"""Puts real adapters behind command's use cases."""

from datetime import datetime

from services.command.clients import GridClient, PatrolClient, ServiceRecords
from services.command.domain.measure import Target, Text
from services.command.domain.recurrence import Recurrence
from services.command.domain.warning.finding import Finding, Ground, Observed, Watch
from services.command.ports import SearchIndex
from services.command.store.alerts import SqlAlertStore
from services.command.store.boards import add_up
from services.command.store.fts_search import FtsSearchIndex
from services.command.store.gin_search import GinSearchIndex
from services.command.store.read_models import SqlLiveStream, SqlReadModels
from services.command.store.sightings import SqlGroundStore, SqlSightings
from services.command.usecases.decide_alert import DecideAlert
from services.command.usecases.follow_incident import FollowIncident
from services.command.usecases.learn_ground import LearnGround
from services.command.usecases.raise_alerts import RaiseAlerts
from services.command.usecases.rebuild_read_models import RebuildReadModels
from shared.contracts.event import Event
from shared.contracts.grid import BoundaryActivated
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.clock import Clock, china_now
from shared.runtime.computing import Computing
from shared.runtime.neighbours import Neighbours
from shared.runtime.outbox import Outbox
from shared.runtime.settings import Settings
from shared.runtime.work import Work

_computing = Computing()


def grid(neighbours: Neighbours) -> GridClient:
    return GridClient(neighbours)


def search_index(work: Work) -> SearchIndex:
    """Return the index of the database that the work is on."""
    is_sqlite = work.connection.dialect.name == "sqlite"
    return FtsSearchIndex(work) if is_sqlite else GinSearchIndex(work)


def follow_incident(work: Work) -> FollowIncident:
    """Return the use case on what this work has gathered so far: many events are one work."""
    return FollowIncident(_read_models(work), _search_index(work), _live_stream(work))


def add_up_boards(work: Work) -> None:
    """Add up all that is noted, so many notes in one transaction."""
    while True:
        with work.begin():
            added = add_up(work.connection)
        work.keep()
        if added == 0:
            return


def learn_ground(work: Work, neighbours: Neighbours) -> LearnGround:
    return LearnGround(GridClient(neighbours), SqlGroundStore(work), work)


def raise_alerts(
    work: Work,
    neighbours: Neighbours,
    outbox: Outbox,
    settings: Settings,
    *,
    clock: Clock = china_now,
) -> RaiseAlerts:
    return RaiseAlerts(
        sightings=SqlSightings(work, GridClient(neighbours)),
        complainants=PatrolClient(neighbours),
        look=_look_apart,
        alerts=SqlAlertStore(work),
        outbox=outbox,
        transaction=work,
        clock=clock,
        watch=Watch(false_rate=settings.warning_false_rate),
    )


def recurrence(settings: Settings) -> Recurrence:
    return Recurrence(metres=settings.recurrence_metres, days=settings.recurrence_days)


def targets(settings: Settings) -> dict[str, Target]:
    """Return what the plan asks for, by the names that measures call it."""
    plan = (
        "《荆门市东宝区法治政府建设实施方案》第 {} 项",
        "Dongbao's plan for a government under law, item {}",
    )
    return {
        name: Target(
            value=value,
            comparator=comparator,
            source=Text(zh=plan[0].format(item), en=plan[1].format(item)),
        )
        for name, value, comparator, item in (
            ("satisfaction", settings.target_satisfaction, "at_least", 9),
            ("major_safety", settings.target_major_safety, "at_most", 10),
        )
    }


def decide_alert(work: Work, *, clock: Clock = china_now) -> DecideAlert:
    return DecideAlert(SqlAlertStore(work), work, clock)


def _look_apart(observed: Observed, ground: Ground, watch: Watch, now: datetime) -> list[Finding]:
    """Compute in a native thread, which loads scipy when it is first needed.

    Its import takes a third of a second and 34 MB, a look at 100,000 incidents a tenth of a second: neither may
    hold up the loop that answers and hears.
    """

    def compute() -> list[Finding]:
        from services.command.domain.warning.looking import look

        return look(observed, ground, watch, now)

    return _computing(compute)


def rebuild_read_models(
    work: Work, neighbours: Neighbours, *, handler: str, contracts: tuple[type[Event], ...]
) -> RebuildReadModels:
    records = ServiceRecords(work, neighbours, handler, contracts)
    return RebuildReadModels(_read_models(work), _search_index(work), records, work)


def _read_models(work: Work) -> SqlReadModels:
    return work.part("read models", lambda: SqlReadModels(work))


def _search_index(work: Work) -> SearchIndex:
    return work.part("search index", lambda: search_index(work))


def _live_stream(work: Work) -> SqlLiveStream:
    return work.part("live stream", lambda: SqlLiveStream(work))


def show_boundary(work: Work, told: BoundaryActivated) -> None:
    _live_stream(work).append(
        topic="boundary",
        codes=(WHOLE_TREE, told.district_code),
        said={"version": told.version, "label": told.label, "at": told.activated_at},
    )
