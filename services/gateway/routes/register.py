"""The register: people, houses, units, key places, facilities and organisations of the cells."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Query, Security
from pydantic import ConfigDict
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize, PlaceFilter, Word
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from shared.contracts import register
from shared.contracts.register import RecordFilter, RecordKind, RecordState
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/register",
    route_class=SignedInDoor,
    tags=["register"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_WRITING = problems(403, 413, 415)
_JSON = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOrder(register.RecordOrder):
    """What enters a record; `GET /register/kinds` says which kind has which fields."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder(register.ChangeOrder):
    """What a record shall say instead; personal fields that are left out stay."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOrder(register.MoveOrder):
    """Where it is from now on."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOrder(register.EndOrder):
    """That it is there no longer."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOrder(register.MergeOrder):
    """Which record stands for this one."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationOrder(register.RelationOrder):
    """How one record stands to another."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterQuestion(register.RegisterQuestion):
    """Why what is personal or fenced is asked for."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindQuestion(register.FindQuestion):
    """Which exact number is looked for, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@router.post(
    "/records",
    status_code=201,
    summary="登记人、房、单位、场所、部件、组织 · Enter a record",
    responses=shown(201, _JSON, "已登记 · On record") | _WRITING,
    openapi_extra=needs(Permission.REGISTER_CHANGE),
)
async def enter(backing: Backed, call: Ordering, order: RecordOrder) -> Response:
    """Enter somebody or something in the cell where it lies.

    证件号码与统一社会信用代码按校验码核对；个人信息加密保存、掩码显示。 · Numbers are held against their check digits;
    what is personal lies sealed and shows masked.
    """
    entered = await backing.edge.call("register", "register_record", call=call, order=wired(order))
    return answered(entered, 201)


@router.get(
    "/records",
    summary="登记列表 · List records",
    responses=shown(200, Page, "一页（掩码） · A page, masked"),
    openapi_extra=needs(Permission.REGISTER_READ),
)
async def records(
    backing: Backed,
    call: Asking,
    kind: RecordKind,
    place: PlaceFilter = None,
    type_: Annotated[str | None, Query(alias="type", min_length=1, max_length=64)] = None,
    state: RecordState = "present",
    house: Word = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the records of a kind that the caller reaches, newest first."""
    where = RecordFilter(kind=kind, place=place, type=type_, state=state, house=house)
    page = await backing.edge.call(
        "register", "records", call=call, where=wired(where), limit=limit, cursor=cursor
    )
    return answered(page)


@router.post(
    "/records/find",
    summary="按号码精确查找（须说明理由，留痕） · Find by an exact number",
    responses=shown(200, Page, "一页（掩码） · A page, masked") | _WRITING,
    openapi_extra=needs(Permission.REGISTER_PERSONAL),
)
async def find(backing: Backed, call: Asking, asked: FindQuestion) -> Response:
    """Return the records of one identity number, telephone number or credit code.

    号码放在请求体中，不进地址栏与日志。 · The number is in the body, so that no address line or log holds it.
    """
    page = await backing.edge.call("register", "records_by_number", call=call, asked=wired(asked))
    return answered(page)


@router.get(
    "/records/{record_id:uuid}",
    summary="登记详情 · One record",
    responses=shown(200, _JSON, "登记对象及沿革 · The record with its history") | problems(404),
    openapi_extra=needs(Permission.REGISTER_READ),
)
async def record(backing: Backed, call: Asking, record_id: UUID) -> Response:
    """Return one record, masked, with how it stands to others and what was done to it."""
    found = await backing.edge.call("register", "record", call=call, record_id=str(record_id))
    return answered(found)


@router.put(
    "/records/{record_id:uuid}",
    summary="更正登记 · Change a record",
    responses=shown(200, _JSON, "登记对象 · The record") | _WRITING | problems(404, 409),
    openapi_extra=needs(Permission.REGISTER_CHANGE),
)
async def change(backing: Backed, call: Ordering, record_id: UUID, order: ChangeOrder) -> Response:
    """Let a record say something else, if it is still at the `version` that was read.

    他人已改过的返回 409。 · 409 when somebody has changed it meanwhile.
    """
    changed = await backing.edge.call(
        "register", "change_record", call=call, record_id=str(record_id), order=wired(order)
    )
    return answered(changed)


@router.post(
    "/records/{record_id:uuid}/move",
    summary="迁移 · Move",
    responses=shown(200, _JSON, "登记对象 · The record") | _WRITING | problems(404, 409),
    openapi_extra=needs(Permission.REGISTER_CHANGE),
)
async def move(backing: Backed, call: Ordering, record_id: UUID, order: MoveOrder) -> Response:
    """Put a record into another house or at another point of the district."""
    moved = await backing.edge.call(
        "register", "move_record", call=call, record_id=str(record_id), order=wired(order)
    )
    return answered(moved)


@router.post(
    "/records/{record_id:uuid}/leave",
    summary="迁出、死亡、注销 · Left, died, ceased",
    responses=shown(200, _JSON, "登记对象 · The record") | _WRITING | problems(404, 409),
    openapi_extra=needs(Permission.REGISTER_CHANGE),
)
async def leave(backing: Backed, call: Ordering, record_id: UUID, order: EndOrder) -> Response:
    """Let a record end; who it was is forgotten after a time."""
    ended = await backing.edge.call(
        "register", "end_record", call=call, record_id=str(record_id), order=wired(order)
    )
    return answered(ended)


@router.get(
    "/records/{record_id:uuid}/doubles",
    summary="疑似重复 · Likely doubles",
    responses=shown(200, Page, "号码相同的登记对象 · Records of the same number") | problems(404),
    openapi_extra=needs(Permission.REGISTER_CHANGE),
)
async def doubles(backing: Backed, call: Asking, record_id: UUID) -> Response:
    """Return the other records of the same identity number or credit code."""
    found = await backing.edge.call("register", "doubles", call=call, record_id=str(record_id))
    return answered(listed(found))


@router.post(
    "/records/{record_id:uuid}/merge",
    summary="合并重复登记 · Merge a double",
    responses=shown(200, _JSON, "保留的登记对象 · The record that stays")
    | _WRITING
    | problems(404, 409),
    openapi_extra=needs(Permission.REGISTER_CHANGE),
)
async def merge(backing: Backed, call: Ordering, record_id: UUID, order: MergeOrder) -> Response:
    """Let another record of the same exact number stand for this one; both keep their histories."""
    kept = await backing.edge.call(
        "register", "merge_records", call=call, record_id=str(record_id), order=wired(order)
    )
    return answered(kept)


@router.post(
    "/records/{record_id:uuid}/personal",
    summary="查看个人信息（须说明理由，留痕） · What is personal, in clear",
    responses=shown(200, _JSON, "明文 · In clear") | _WRITING | problems(404),
    openapi_extra=needs(Permission.REGISTER_PERSONAL),
)
async def personal(
    backing: Backed, call: Asking, record_id: UUID, asked: RegisterQuestion
) -> Response:
    """Return what is personal in a record as it was given, with what stood there before.

    谁为何查看，记入审计链。 · Who saw it and why stays in the audit trail.
    """
    found = await backing.edge.call(
        "register", "personal", call=call, record_id=str(record_id), asked=wired(asked)
    )
    return answered(found)


@router.post(
    "/relations",
    status_code=201,
    summary="登记关联 · Enter a relation",
    responses=shown(201, _JSON, "关联 · The relation") | _WRITING | problems(404, 409),
    openapi_extra=needs(Permission.REGISTER_CHANGE),
)
async def relate(backing: Backed, call: Ordering, order: RelationOrder) -> Response:
    """Enter who owns something, works there, or is the officer responsible for it."""
    entered = await backing.edge.call("register", "relate_records", call=call, order=wired(order))
    return answered(entered, 201)


@router.post(
    "/relations/{relation_id:uuid}/end",
    summary="终止关联 · End a relation",
    responses=shown(200, _JSON, "关联 · The relation") | _WRITING | problems(404, 409),
    openapi_extra=needs(Permission.REGISTER_CHANGE),
)
async def end_relation(backing: Backed, call: Ordering, relation_id: UUID) -> Response:
    """Let a relation end today; it stays on record."""
    ended = await backing.edge.call(
        "register", "end_relation", call=call, relation_id=str(relation_id)
    )
    return answered(ended)


@router.get(
    "/kinds",
    summary="登记类别与字段 · The kinds and their fields",
    responses=shown(200, Page, "类别 · Kinds"),
    openapi_extra=needs(Permission.REGISTER_READ),
)
async def kinds(backing: Backed, call: Asking) -> Response:
    """Return what each kind of record needs and may say."""
    return answered(listed(await backing.edge.call("register", "kinds", call=call)))


@router.get(
    "/counts",
    summary="各网格登记数（不含个人） · Counts by cell",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=needs(Permission.BOARD_READ),
)
async def counts(
    backing: Backed,
    call: Asking,
    place: PlaceFilter = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return how many records of each kind each cell has, by code; never of whom."""
    page = await backing.edge.call(
        "register", "counts", call=call, place=place, limit=limit, cursor=cursor
    )
    return answered(page)
