"""Fills an empty platform with the example district, through the same use cases as everybody.

Killed in the middle, it goes on at the next start: every order has its idempotency key.
"""

import io
import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar, get_args

import shapely
from PIL import Image

from deploy.demo.district import demo_areas
from deploy.demo.incident_course import StoryStep
from deploy.demo.incident_story import StoryIncident, two_weeks
from deploy.demo.people import DEMO_PLACES, OfficerRole, demo_officers
from services.gateway import wiring as gateway
from services.grid import wiring as grid
from services.grid.domain.area import LEVELS, Area, Level
from services.patrol import wiring as patrol
from shared.contracts.grid import BoundaryImport, BoundaryLayer, CellOfficer
from shared.contracts.patrol import IncidentReport, Severity, StepOrder
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.kernel.clock import china_now
from shared.kernel.place import Place, Point
from shared.kernel.rights import Role
from shared.runtime.blobs import Blobs
from shared.runtime.call import Call, CommandKey
from shared.runtime.database import database_of
from shared.runtime.outbox import Outbox
from shared.runtime.settings import Settings
from shared.runtime.work import AnsweredBefore, Work

DISTRICT = "420802"
ROLES = {
    "district": (Role.DUTY_OFFICER,),
    "street": (Role.DUTY_OFFICER,),
    "community": (Role.DUTY_OFFICER,),
    "member": (Role.GRID_MEMBER,),
    "mediator": (Role.MEDIATOR,),
    "petition": (Role.PETITION_CLERK,),
    "blacklist": (Role.BLACKLIST_CLERK,),
    "enforcement": (Role.ENFORCEMENT_OFFICER,),
    "department": (Role.DEPARTMENT_USER,),
    "auditor": (Role.AUDITOR,),
    "admin": (Role.SYSTEM_ADMINISTRATOR,),
    "security": (Role.SECURITY_ADMINISTRATOR,),
    "justice": (Role.JUSTICE_SUPERVISOR,),
}
UNITS = {"enforcement": "urban-management", "department": "urban-management"}
NAMES = {
    "district": "区指挥中心值班员（示例）",
    "street": "街道指挥中心值班员（示例）",
    "community": "社区指挥室值班员（示例）",
    "member": "网格员（示例）",
    "mediator": "人民调解员（示例）",
    "petition": "信访专干（示例）",
    "blacklist": "黑名单管理员（示例）",
    "enforcement": "执法人员（示例）",
    "department": "部门用户（示例）",
    "auditor": "审计员（示例）",
    "admin": "系统管理员（示例）",
    "security": "安全管理员（示例）",
    "justice": "司法监督员（示例）",
}
ADMINISTRATOR = Actor.of("admin", Role.SYSTEM_ADMINISTRATOR, place_code=WHOLE_TREE)
REPORTER = Actor.of("member", Role.GRID_MEMBER, place_code=WHOLE_TREE)
BATCH = 100
Say = Callable[[str], None]
Item = TypeVar("Item")


def seed_demo(settings: Settings, say: Say) -> str | None:
    """Fill the platform unless that is done; return the demo password when it was made up now."""
    done = settings.data / "demo.done"
    if done.exists():
        _follow_setting(settings)
        return None
    say("示范区 · laying out the example district")
    areas = demo_areas()
    _seed_boundary(settings, areas, say)
    _seed_officers(settings, areas)
    _seed_incidents(settings, areas, say)
    password = _seed_accounts(settings)
    done.write_text("the example district is in\n")
    return password


def _seed_boundary(settings: Settings, areas: list[Area], say: Say) -> None:
    shelf = grid.shelf(settings)
    if any(span.since for span in shelf.known_spans()):
        return
    say("边界 · importing its boundary and building the index")
    layers = [_layer(settings, level, areas) for level in LEVELS]
    order = BoundaryImport(label="示范区（示例数据）· example district", layers=layers, scheme="cn")
    with closing(Work(database_of(settings, "grid"))) as work:
        report = grid.import_boundary(settings, work)(order, actor=ADMINISTRATOR)
        work.keep()
    with closing(Work(database_of(settings, "grid"))) as work:
        activate = grid.activate_boundary(settings, work, Outbox(work, _call()))
        activate(report["version"], accept_findings=True, actor=ADMINISTRATOR)
        work.keep()
    shelf.look_again()


def _layer(settings: Settings, level: Level, areas: list[Area]) -> BoundaryLayer:
    features = [
        {
            "type": "Feature",
            "properties": {"code": area.code, "name": area.name},
            "geometry": shapely.geometry.mapping(area.outline),
        }
        for area in areas
        if area.level is level
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    digest = Blobs(settings.data / "blobs").put([text.encode()])
    return BoundaryLayer(
        file_id=digest,
        file_name=f"{level}.geojson",
        level=level,
        code_field="code",
        name_field="name",
    )


def _seed_officers(settings: Settings, areas: list[Area]) -> None:
    of_cell: dict[str, list[CellOfficer]] = defaultdict(list)
    for officer in demo_officers(areas):
        for cell in officer.cells:
            of_cell[cell].append(
                CellOfficer(
                    account=officer.account,
                    name=officer.name,
                    is_leader=officer.role is OfficerRole.GRID_LEADER,
                    valid_from=officer.valid_from,
                )
            )
    for number, cells in enumerate(batched(sorted(of_cell.items()), BATCH)):
        with closing(Work(database_of(settings, "grid"), _key(f"officers:{number}"))) as work:
            set_officers = grid.set_cell_officers(work, Outbox(work, _call()))
            _once(work, partial(_set_all, set_officers, cells))


def _set_all(set_officers: Callable[..., None], cells: Sequence[Any]) -> None:
    for cell, officers in cells:
        set_officers(cell, officers, actor=ADMINISTRATOR)


def _seed_incidents(settings: Settings, areas: list[Area], say: Say) -> None:
    story = two_weeks(areas, until=_began(settings))
    evidence = _example_photo(settings)
    locator = _Locator(settings)
    say(f"事件 · replaying two weeks of {len(story)} example incidents")
    for number, incidents in enumerate(batched(story, BATCH)):
        with closing(Work(database_of(settings, "patrol"), _key(f"incidents:{number}"))) as work:
            _once(work, partial(_live_through, settings, work, incidents, locator, evidence))


def _began(settings: Settings) -> datetime:
    """Return when the seeding first began: begun again, it goes on with the same story."""
    note = settings.data / "demo.began"
    if not note.exists():
        note.write_text(china_now().isoformat())
    return datetime.fromisoformat(note.read_text())


def _live_through(
    settings: Settings,
    work: Work,
    incidents: Iterable[StoryIncident],
    locator: "_Locator",
    evidence: str,
) -> None:
    for incident in incidents:
        report = patrol.report_incident(
            work, Outbox(work, _call(REPORTER)), locator, settings, clock=_at(incident.reported_at)
        )
        incident_id = report(_report(incident), actor=REPORTER).incident_id
        for step in incident.steps:
            actor = _taker(step)
            take = patrol.take_step(work, Outbox(work, _call(actor)), settings, clock=_at(step.at))
            files = [evidence] if step.action == "feedback" else []
            order = StepOrder(note=step.note, unit=step.to_unit, files=files)
            take(incident_id, step.action, order, actor=actor)


_SEVERITY = {severity: severity for severity in get_args(Severity)}


def _report(incident: StoryIncident) -> IncidentReport:
    return IncidentReport(
        category=incident.category,
        title=incident.title,
        description=incident.description,
        location=Point(lon=incident.lon, lat=incident.lat),
        severity=_SEVERITY[incident.severity],
        source=incident.source,
        anonymous=incident.anonymous,
    )


_AT_THE_SITE = ("sign", "feedback")


def _taker(step: StoryStep) -> Actor:
    """Return who takes a step in the story: the unit at the site, the desk otherwise."""
    if step.action in _AT_THE_SITE:
        return Actor.of("department", Role.DEPARTMENT_USER, place_code=WHOLE_TREE)
    return Actor.of("district", Role.DUTY_OFFICER, place_code=WHOLE_TREE)


class _Locator:
    """The registry in this process: its service does not run yet."""

    def __init__(self, settings: Settings) -> None:
        self._boundary = grid.shelf(settings).in_force(None)
        self._tolerance_m = settings.snap_tolerance_m

    def locate(self, point: Point) -> Place:
        return self._boundary.locate(point.lon, point.lat, tolerance_m=self._tolerance_m)


def _example_photo(settings: Settings) -> str:
    """Keep one picture that stands for every photo of the story; return its file id."""
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(picture, "JPEG", quality=80)
    desk = gateway.Desk(database_of(settings, "gateway"), Blobs(settings.data / "blobs"))
    picture.seek(0)
    kept = desk.keep_file(picture, Call(actor=ADMINISTRATOR, command=_key("photo")))
    return str(kept["id"])


def _seed_accounts(settings: Settings) -> str | None:
    """Make the demo accounts; return their password when it is a made-up one."""
    given = settings.demo_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(9)
    database = database_of(settings, "gateway")
    create, set_password = gateway.create_account(database), gateway.set_password(database)
    for account, roles in ROLES.items():
        place = DEMO_PLACES[account]
        made = create(
            account=account,
            name=NAMES[account],
            password=password,
            roles=roles,
            place_code=WHOLE_TREE if place == DISTRICT else place,
            unit=UNITS.get(account),
        )
        if not made:
            # Begun before and killed: nobody was told the password made up then.
            set_password(account, password)
    return None if given else password


def _follow_setting(settings: Settings) -> None:
    """Give the demo accounts the password that is set now, should it be another."""
    if settings.demo_password is None:
        return
    password, database = settings.demo_password.get_secret_value(), database_of(settings, "gateway")
    if not gateway.has_password(database, "district", password):
        for account in ROLES:
            gateway.set_password(database)(account, password)


def _once(work: Work, act: Callable[[], object]) -> None:
    """Do *act* in one transaction, unless it was done before."""
    try:
        work.raise_if_answered()
        with work.begin():
            act()
        work.keep()
    except AnsweredBefore:
        return


def _call(actor: Actor = ADMINISTRATOR) -> Call:
    return Call(actor=actor)


def _key(name: str) -> CommandKey:
    return CommandKey(key=f"demo:{name}", fingerprint="demo")


def _at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists of *size*; the last may be shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
