"""The cells that tracks were in are counted, so that coverage is known when the tracks are forgotten."""

from dataclasses import dataclass

from services.patrol.domain.round_rules import RoundRules
from services.patrol.domain.track import Track, marks_of
from services.patrol.domain.visiting import Visit, spots_of, visits_of
from services.patrol.ports.rounds import RoundGround, VisitStore
from services.patrol.ports.writing import Transaction
from shared.kernel.place import Point


@dataclass(frozen=True, slots=True)
class PlaceTracks:
    store: VisitStore
    ground: RoundGround
    transaction: Transaction
    rules: RoundRules

    def __call__(self, *, at_most: int) -> int:
        """Count the visits of some batches, the oldest first; return of how many.

        The grid is asked before the transaction. Where it is away, the batches wait for the next time; a batch
        that another copy counted meanwhile is not counted again.

        Raises:
            Unavailable: the grid registry is away.
        """
        waiting = self.store.to_place(at_most=at_most)
        placed = [
            (batch_id, round_id, self._visits(track)) for batch_id, round_id, track in waiting
        ]
        if placed:
            with self.transaction.begin():
                for batch_id, round_id, visits in placed:
                    self.store.count(batch_id, round_id, visits)
        return len(placed)

    def _visits(self, track: Track) -> dict[str, Visit]:
        whole, rules = track.in_order, self.rules
        marks = marks_of(
            whole, most_speed_mps=rules.most_speed_mps, most_accuracy_m=rules.most_accuracy_m
        )
        believed = whole.of(~(marks.jump | marks.inaccurate))
        if not len(believed):
            return {}
        spots, spot_of = spots_of(believed)
        points = [
            Point(lon=float(lon), lat=float(lat))
            for lon, lat in zip(spots.lon, spots.lat, strict=True)
        ]
        return visits_of(believed, spot_of, self.ground.cells_of(points))
