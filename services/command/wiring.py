"""Puts real adapters behind command's use cases."""

from services.command.clients import GridClient, ServiceRecords
from services.command.store import SqlLiveStream, SqlReadModels
from services.command.usecases.follow_incident import FollowIncident
from services.command.usecases.rebuild_read_models import RebuildReadModels
from shared.contracts.event import Event
from shared.contracts.grid import BoundaryActivated
from shared.kernel.actor import WHOLE_TREE
from shared.runtime.neighbours import Neighbours
from shared.runtime.work import Work


def grid(neighbours: Neighbours) -> GridClient:
    return GridClient(neighbours)


def follow_incident(work: Work) -> FollowIncident:
    return FollowIncident(SqlReadModels(work), SqlLiveStream(work))


def rebuild_read_models(
    work: Work, neighbours: Neighbours, *, handler: str, contracts: tuple[type[Event], ...]
) -> RebuildReadModels:
    records = ServiceRecords(work, neighbours, handler, contracts)
    return RebuildReadModels(SqlReadModels(work), records, work)


def show_boundary(work: Work, told: BoundaryActivated) -> None:
    SqlLiveStream(work).append(
        topic="boundary",
        codes=(WHOLE_TREE, told.district_code),
        said={"version": told.version, "label": told.label, "at": told.activated_at},
    )
