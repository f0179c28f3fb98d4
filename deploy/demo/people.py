"""Grid members of the example district, and the places its demo accounts belong to; all invented."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count, groupby

from deploy.demo.names import person_name
from services.grid.domain.area import Area, Level
from shared.kernel.clock import CHINA

CELLS_PER_LEADER = 3
STARTED = tuple(
    datetime(year, month, 1, tzinfo=CHINA) for year, month in ((2024, 7), (2025, 3), (2026, 1))
)

_DISTRICT, _STREET, _COMMUNITY, _CELL = "420802", "420802001", "420802001013", "420802001013001"

DEMO_PLACES: dict[str, str] = {
    "district": _DISTRICT,
    "street": _STREET,
    "community": _COMMUNITY,
    "member": _CELL,
    "mediator": _COMMUNITY,
    "petition": _DISTRICT,
    "blacklist": _DISTRICT,
    "enforcement": _DISTRICT,
    "department": _DISTRICT,
    "auditor": _DISTRICT,
    "admin": _DISTRICT,
    "security": _DISTRICT,
    "justice": _DISTRICT,
}
"""The area each demo account belongs to, by account name."""


class OfficerRole(StrEnum):
    """What a person is in a cell (rules GRID-05): each cell has members, and one leader."""

    GRID_MEMBER = "grid_member"
    GRID_LEADER = "grid_leader"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOfficer:
    """An invented person responsible for some cells, by their codes, from a day on."""

    account: str
    name: str
    role: OfficerRole
    cells: tuple[str, ...]
    valid_from: datetime


def demo_officers(areas: Iterable[Area]) -> list[DemoOfficer]:
    """Return a member for each cell, and a leader for up to three cells of a community.

    The demo account `member` is the member of its cell.
    """
    codes = sorted(area.code for area in areas if area.level is Level.CELL)
    numbers = count()
    officers: list[DemoOfficer] = []
    for community, cells in groupby(codes, key=lambda code: code[:12]):
        officers += _officers_of(community, list(cells), numbers)
    return officers


def _officers_of(community: str, cells: list[str], numbers: Iterable[int]) -> list[DemoOfficer]:
    groups = [cells[i : i + CELLS_PER_LEADER] for i in range(0, len(cells), CELLS_PER_LEADER)]
    led = {f"leader-{community}-{number}": group for number, group in enumerate(groups, start=1)}
    looked_after = {_member_account(cell): [cell] for cell in cells}
    roles = [(OfficerRole.GRID_LEADER, led), (OfficerRole.GRID_MEMBER, looked_after)]
    people = [(role, account, several) for role, them in roles for account, several in them.items()]
    return [
        DemoOfficer(
            account=account,
            name=person_name(number),
            role=role,
            cells=tuple(several),
            valid_from=STARTED[number % len(STARTED)],
        )
        for (role, account, several), number in zip(people, numbers, strict=False)
    ]


def _member_account(cell: str) -> str:
    return "member" if cell == DEMO_PLACES["member"] else f"member-{cell}"
