"""A State Council's notice as data, with good defaults."""

from dataclasses import asdict, replace
from datetime import date
from typing import Any

from shared.contracts.grid import CalendarOrder, NamedDay
from shared.runtime.outbox import adapter
from tests.unit.kernel.deadlines.notices import NOTICE_OF_2027

OF_2027 = CalendarOrder(
    source="国办发明电〔2026〕例号",
    published_on=date(2026, 11, 4),
    days_off=[NamedDay(**asdict(off)) for off in NOTICE_OF_2027.days_off],
    makeup_days=list(NOTICE_OF_2027.makeup_days),
)


def a_notice(**changed: Any) -> CalendarOrder:
    """Return an example of a notice for 2027."""
    return replace(OF_2027, **changed)


def as_json(order: CalendarOrder) -> dict[str, Any]:
    """Return it as a client sends it."""
    body: dict[str, Any] = adapter(CalendarOrder).dump_python(order, mode="json")
    return body
