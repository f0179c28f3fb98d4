"""An alert: what stands out, who looks after it, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.command.domain.warning.finding import Finding, Kind
from shared.contracts.command import AlertOrder
from shared.kernel.actor import WHOLE_TREE
from shared.kernel.errors import FieldError, Invalid, RuleBroken
from shared.kernel.personal_data import FreeText

# A desk sits at each of the first three levels (rules INC-05); a cell has none.
DESKS = 3
STANDS_FOR = timedelta(days=7)
"""So long an alert stands that rounds no longer find: what comes and goes is one alert."""
_NO_NOTE = FreeText("")
_BY_CELL = (Kind.HOT_CELLS, Kind.CHANGE)


class AlertState(StrEnum):
    """Whether somebody has looked at it, and what he found."""

    RAISED = "raised"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Decision(StrEnum):
    """What may be done about an alert."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    HAND_OVER = "hand-over"


NEXT_STATES: dict[Decision, dict[AlertState, AlertState]] = {
    Decision.CONFIRM: {AlertState.RAISED: AlertState.CONFIRMED},
    # What was confirmed may turn out to be nothing; then it counts against the precision.
    Decision.DISMISS: {
        AlertState.RAISED: AlertState.DISMISSED,
        AlertState.CONFIRMED: AlertState.DISMISSED,
    },
    Decision.HAND_OVER: {
        AlertState.RAISED: AlertState.RAISED,
        AlertState.CONFIRMED: AlertState.CONFIRMED,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert with its evidence; `areas` run from the district to the smallest that holds it all."""

    alert_id: str
    kind: Kind
    category: str | None
    areas: tuple[str, ...]
    cells: tuple[str, ...]
    matter_nos: tuple[str, ...]
    figures: dict[str, float] = field(default_factory=dict)
    since: datetime
    until: datetime
    state: AlertState = AlertState.RAISED
    owner_place: str
    owner_account: str | None = None
    note: FreeText = _NO_NOTE
    raised_at: datetime
    seen_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None

    def is_of(self, finding: Finding) -> bool:
        """Tell whether a finding is what this alert is about already."""
        if (self.kind, self.category) != (finding.kind, finding.category):
            return False
        if self.kind in _BY_CELL:
            return not set(self.cells).isdisjoint(finding.cells)
        return not set(self.matter_nos).isdisjoint(finding.matter_nos)

    def seen_again(self, finding: Finding, areas: tuple[str, ...], now: datetime) -> "Alert":
        """Return the alert after a round has found it again.

        Its evidence is that of the latest round until somebody has decided on it, and then stays.
        """
        if self.state is not AlertState.RAISED:
            return replace(self, seen_at=now)
        return replace(
            self,
            areas=areas,
            cells=finding.cells,
            matter_nos=finding.matter_nos,
            figures=finding.figures,
            since=finding.since,
            until=finding.until,
            seen_at=now,
        )

    def decided(self, decision: Decision, order: AlertOrder, *, by: str, now: datetime) -> "Alert":
        """Return the alert after a decision.

        Raises:
            RuleBroken: the decision does not follow from the present state.
            Invalid: the reason of a dismissal is missing, or to whom it is handed over.
        """
        state = NEXT_STATES[decision].get(self.state)
        if state is None:
            raise RuleBroken(
                code="wrong_state",
                zh=f"状态为 {self.state} 的预警不能执行 {decision}。",
                en=f"An alert that is {self.state} does not take {decision}.",
            )
        if decision is Decision.HAND_OVER:
            return self._handed_over(order)
        if decision is Decision.DISMISS and not order.note.strip():
            raise _wrong("note", "missing", "请写明排除的理由", "say why it is dismissed")
        return replace(
            self, state=state, note=FreeText(order.note.strip()), decided_at=now, decided_by=by
        )

    def _handed_over(self, order: AlertOrder) -> "Alert":
        if order.place is None and order.account is None:
            raise _wrong(
                "place", "missing", "请写明移交给哪一级或哪一人", "say to which desk or account"
            )
        if order.place is not None and order.place not in self.areas[:DESKS]:
            raise _wrong(
                "place",
                "no_desk",
                "须为该预警所在的社区、街道或区",
                "has to be the community, street or district that holds it",
            )
        return replace(
            self, owner_place=order.place or self.owner_place, owner_account=order.account
        )


def raised_by(finding: Finding, areas: tuple[str, ...], *, alert_id: str, now: datetime) -> Alert:
    """Return the alert that a finding raises; the desk of the smallest area owns it."""
    desks = areas[:DESKS] or (WHOLE_TREE,)
    return Alert(
        alert_id=alert_id,
        kind=finding.kind,
        category=finding.category,
        areas=areas,
        cells=finding.cells,
        matter_nos=finding.matter_nos,
        figures=finding.figures,
        since=finding.since,
        until=finding.until,
        owner_place=desks[-1],
        raised_at=now,
        seen_at=now,
    )


def smallest_holding(chains: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the codes that all places lie under, from the district down."""
    common = []
    for codes in zip(*chains, strict=False):
        if len(set(codes)) > 1:
            break
        common.append(codes[0])
    return tuple(common)


def _wrong(field_name: str, code: str, zh: str, en: str) -> Invalid:
    return Invalid(
        code="invalid",
        zh="有字段不合要求，详见 errors。",
        en="Some fields are wrong; see errors.",
        errors=(FieldError(field=field_name, code=code, zh=zh, en=en),),
    )
