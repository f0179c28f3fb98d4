"""What the rows say about what the clients were told: missing, doubled, unasked – counted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from deploy.chaos.evidence import Evidence, Row
from deploy.chaos.orders import key, number_of, title
from deploy.chaos.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The outcome of a run; all but the first two should be 0 and empty."""

    acknowledged: int
    kills: int
    missing: int
    doubled: int
    unasked: int
    stray_dead_letters: int
    lost_poison: int
    read_model_differences: int
    unexpected_statuses: int
    hung: list[str] = field(default_factory=list)
    # Of what was found, the first few, for whoever looks for the cause.
    samples: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.hung and not any(
            (
                self.missing,
                self.doubled,
                self.unasked,
                self.stray_dead_letters,
                self.lost_poison,
                self.read_model_differences,
                self.unexpected_statuses,
            )
        )


class Comparison:
    """Compares, counts, and remembers the first few of each kind."""

    def __init__(self, evidence: Evidence, tally: Tally) -> None:
        self.samples: list[str] = []
        self._evidence = evidence
        self._tally = tally

    def missing(self) -> int:
        """Count what was acknowledged, or told, and is not there."""
        rows, seen = self._evidence, self._tally
        reports = {(each.key, each.incident_id) for each in seen.opened}
        steps = {(each.key, each.incident_id) for each in seen.stepped}
        told = set(rows.told)
        return (
            self._lacking("answer", reports | steps, rows.answers)
            + self._lacking(
                "incident",
                {(each.incident_id, title(each.number)) for each in seen.opened},
                rows.incidents,
            )
            + self._lacking(
                "step", {(each.incident_id, each.step) for each in seen.stepped}, rows.steps
            )
            + self._lacking("dossier entry", told, rows.entered)
            + self._lacking("stream line", {event[1:] for event in told}, rows.streamed)
            + self._lacking("boundary heard", set(rows.boundaries_told), rows.boundaries_heard)
            + self._gaps()
        )

    def doubled(self) -> int:
        """Count what was done once more than it was asked."""
        rows = self._evidence
        return sum(
            self._repeated(what, given)
            for what, given in (
                ("report", [row[1:] for row in rows.incidents]),
                ("step", rows.steps),
                ("matter number", rows.matter_nos),
                ("event", [row[1:] for row in rows.told]),
                ("dossier entry", [row[1:] for row in rows.entered]),
                ("stream line", rows.streamed),
                ("boundary heard", rows.boundaries_heard),
            )
        )

    def unasked(self) -> int:
        """Count what is there though no client sent it, or no service told it."""
        rows, sent = self._evidence, {(each,) for each in self._tally.sent}
        number = {incident_id: number_of(title) for incident_id, title in rows.incidents}
        told = {row[1:] for row in rows.told}
        return (
            self._lacking("report sent", {(key(each),) for each in number.values()}, sent)
            + self._lacking(
                "step sent",
                {(key(number[i], step),) for i, step in rows.steps if i in number},
                sent,
            )
            + self._lacking("event of the entry", set(rows.entered), rows.told)
            + self._lacking("event of the line", set(rows.streamed), told)
        )

    def stray_letters(self, poison: Iterable[str]) -> int:
        """Count dead letters beyond one of each poison."""
        left = Counter(poison)
        stray = []
        for service, name, event_type, reason in self._evidence.letters:
            if service == "command" and left[name] > 0:
                left[name] -= 1
            else:
                stray.append(f"stray dead letter: {service} {name} {event_type} {reason}")
        return self._noted(stray)

    def lost_poison(self, poison: Iterable[str]) -> int:
        """Count poison that no dead letter holds."""
        kept = Counter(name for service, name, *_ in self._evidence.letters if service == "command")
        return self._noted(f"lost poison: {name}" for name in (Counter(poison) - kept).elements())

    def miscounted(self) -> int:
        return self._noted(f"miscounted: {row}" for row in self._evidence.miscounted)

    def _gaps(self) -> int:
        """Count events that were never numbered: those of an aggregate are numbered without a gap."""
        told: dict[str, set[int]] = {}
        for _, aggregate, sequence in self._evidence.told:
            told.setdefault(aggregate, set()).add(sequence)
        return self._noted(
            f"no event {number} of {aggregate}"
            for aggregate, numbers in told.items()
            for number in set(range(1, max(numbers) + 1)) - numbers
        )

    def _lacking(self, what: str, wanted: set[Row], there: Iterable[Row]) -> int:
        return self._noted(f"no {what}: {row}" for row in sorted(wanted - set(there)))

    def _repeated(self, what: str, rows: Iterable[Row]) -> int:
        again = {row: times - 1 for row, times in Counter(rows).items() if times > 1}
        self._noted(f"{what} again, {times} ×: {row}" for row, times in again.items())
        return sum(again.values())

    def _noted(self, found: Iterable[str]) -> int:
        lines = list(found)
        self.samples += lines[:10]
        return len(lines)
