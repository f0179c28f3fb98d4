"""Puts real adapters behind command's use cases."""

from services.command.clients import GridClient, ServiceRecords
from services.command.ports import SearchIndex
from services.command.store.boards import add_up
from services.command.store.fts_search import FtsSearchIndex
from services.command.store.gin_search import GinSearchIndex
from services.command.store.read_models import SqlLiveStream, SqlReadModels
from services.command.usecases.follow_incident import FollowIncident
from services.command.usecases.rebuild_read_models import RebuildReadModels
from shared.contracts.event import Event
from shared.contracts.grid import BoundaryActivated
from shared.kernel.actor import WHOLE_TREE
from shared.runtime.neighbours import Neighbours
from shared.runtime.work import Work


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
