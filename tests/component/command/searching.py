"""Matters told to the search index over two years, the same in every database."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.command.domain.heard import Heard
from services.command.wiring import follow_incident
from shared.contracts.patrol import IncidentPersonalData, IncidentReported
from shared.kernel.ids import new_id
from shared.kernel.matter_no import matter_no
from shared.kernel.personal_data import FreeText
from shared.kernel.place import NamedArea, Place, PlaceStatus
from shared.runtime.work import Work
from tests.builders.told import an_incident_reported
from tests.component.district import CELLS

FIRST_DAY = datetime(2024, 12, 1, tzinfo=UTC)
DAYS = 720
WORDS = [
    "垃圾",
    "环境",
    "污染",
    "路灯",
    "消防",
    "通道",
    "噪声",
    "漏水",
    "井盖",
    "busLane",
    "LED",
    "12",
    "3号楼",
    "张三",
]


def named_place(cell: str) -> Place:
    names = {6: "东宝区", 9: "龙泉街道", 12: "塔影社区", 15: "塔影社区第一网格"}
    area = {length: NamedArea(code=cell[:length], name=name) for length, name in names.items()}
    return Place(
        status=PlaceStatus.INSIDE,
        distance_m=0,
        district=area[6],
        street=area[9],
        community=area[12],
        cell=area[15],
        boundary_version=1,
    )


def told_at(
    moment: datetime, number: int, *, title: str, description: str = "", cell: str = CELLS[0]
) -> IncidentReported:
    return an_incident_reported(
        incident_id=new_id(moment),
        matter_no=matter_no("P", moment.date(), number),
        place=named_place(cell),
        reported_at=moment,
        personal=IncidentPersonalData(title=FreeText(title), description=FreeText(description)),
    )


def two_years(count: int, seed: int = 5) -> list[IncidentReported]:
    """Return reports of common and rare things, in no order."""
    chance = random.Random(seed)
    weights = [1 / rank**1.5 for rank in range(1, len(WORDS) + 1)]
    return [
        told_at(
            FIRST_DAY + timedelta(days=DAYS * chance.random()),
            number,
            title="".join(chance.choices(WORDS, weights, k=2)),
            description=" ".join(chance.choices(WORDS, weights, k=chance.randrange(4))),
            cell=chance.choice(CELLS),
        )
        for number in range(1, count + 1)
    ]


def tell(work: Work, told: Sequence[IncidentReported]) -> None:
    """Let command follow these reports, in one transaction."""
    with work.begin():
        for one in told:
            follow_incident(work)(
                Heard(told=one, event_id=one.incident_id, event_type=one.event_type, sequence=1)
            )
    work.keep()
