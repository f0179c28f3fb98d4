"""A duty officer orders a round of patrol, or a grid member plans one for himself."""

from dataclasses import dataclass, replace

from services.patrol.domain.patrol_round import PatrolRound, RoundPlace, RoundState, Stop
from services.patrol.domain.round_planning import check_plan, check_planner, is_rural
from services.patrol.domain.round_rules import RoundRules
from services.patrol.ports.rounds import RoundGround, RoundStore
from services.patrol.ports.writing import Outbox, Transaction
from services.patrol.usecases.telling_of_rounds import told_of
from shared.contracts.patrol_rounds import RoundPlan, RoundPlanned
from shared.kernel.actor import Actor
from shared.kernel.clock import Clock
from shared.kernel.coordinates import to_wgs84
from shared.kernel.errors import FieldError, Invalid
from shared.kernel.ids import new_id
from shared.kernel.personal_data import FreeText
from shared.kernel.place import Point


@dataclass(frozen=True, slots=True)
class PlanRound:
    store: RoundStore
    ground: RoundGround
    outbox: Outbox
    transaction: Transaction
    rules: RoundRules
    clock: Clock

    def __call__(self, plan: RoundPlan, *, actor: Actor) -> PatrolRound:
        """Keep the round, and tell the others.

        Raises:
            NotFound: there is no such division or cell.
            Forbidden: it is not the actor's to plan.
            Invalid: times, officers or points are wrong.
        """
        now = self.clock()
        check_plan(plan, now)
        points = _in_wgs84(plan)
        place = self.ground.areas_of(plan.place)
        check_planner(plan, actor, place.codes)
        planned = PatrolRound(
            round_id=new_id(now),
            kind=plan.kind,
            state=RoundState.PLANNED,
            title=FreeText(plan.title),
            place=place,
            officers=tuple(plan.officers),
            stops=self._stops(plan, points, place),
            planned_from=plan.planned_from,
            planned_to=plan.planned_to,
            least_minutes=self.rules.least_minutes
            if plan.least_minutes is None
            else plan.least_minutes,
            check_in_minutes=plan.check_in_minutes,
            planned_by=actor.account,
            planned_at=now,
            updated_at=now,
        )
        with self.transaction.begin():
            self.store.add(planned)
            self.outbox.put(
                told_of(
                    RoundPlanned,
                    planned,
                    at=now,
                    by=actor.account,
                    planned_from=planned.planned_from,
                    planned_to=planned.planned_to,
                    points=len(planned.stops),
                ),
                occurred_at=now,
            )
        return planned

    def _stops(self, plan: RoundPlan, points: list[Point], place: RoundPlace) -> tuple[Stop, ...]:
        if not points:
            return ()
        rules = self.rules
        usual_m = rules.radius_rural_m if is_rural(place.codes) else rules.radius_urban_m
        return tuple(
            Stop(
                name=FreeText(required.name),
                lon=point.lon,
                lat=point.lat,
                radius_m=usual_m if required.radius_m is None else required.radius_m,
                stay_s=required.stay_s,
                cell=cell,
            )
            for required, point, cell in zip(
                plan.points, points, self.ground.cells_of(points), strict=True
            )
        )


def _in_wgs84(plan: RoundPlan) -> list[Point]:
    """Return where the required points lie; raises `Invalid` that names each wrong one."""
    points, errors = [], []
    for number, required in enumerate(plan.points):
        given = required.location
        try:
            lon, lat = to_wgs84(given.lon, given.lat, given.crs)
            points.append(Point(lon=lon, lat=lat))
        except Invalid as refusal:
            errors += [_under(f"points.{number}.location", error) for error in refusal.errors]
    if errors:
        raise Invalid(code="coordinates", zh=errors[0].zh, en=errors[0].en, errors=tuple(errors))
    return points


def _under(path: str, error: FieldError) -> FieldError:
    return replace(error, field=f"{path}.{error.field}")
