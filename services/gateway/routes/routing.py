"""Routing rules: written, tried on what was reported before, put in force, and what failed of them."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Security
from starlette.responses import Response

from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import AtTime, Cursor, PageSize
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired, wired_time
from shared.contracts.routing import (
    DepartmentOrder,
    RoutingNote,
    RoutingRuleOrder,
    RoutingTrial,
)
from shared.kernel.rights import Permission

router = APIRouter(
    prefix=f"{API}/routing",
    route_class=SignedInDoor,
    tags=["routing"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_RULE = dict[str, Any]
_CHANGING = problems(403, 404, 409, 413, 415)
# A dry run looks at up to 200,000 incidents.
TRIAL_S = 60
State = Literal["draft", "active", "retired"]
DepartmentCode = Annotated[
    str, Path(min_length=1, max_length=64, description="部门代码 · the department's code")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowed:
    """A rule that no incident reaches, since rules before it match all that it does."""

    rule: str
    by: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a dry run found.

    `rules` has for each rule that was tried, or decided anything, how many incidents it `matched` and `decided`,
    of how many the `same` came of it in truth, and examples. `outcomes` are the commonest pairs of where
    incidents would have gone and where they went. `complete` is false where there were more than are counted.
    """

    set_version: int
    complete: bool
    incidents: int
    unmatched: int
    rules: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]
    failures: list[dict[str, Any]] = field(default_factory=list)
    shadowed: list[Shadowed] = field(default_factory=list)


@router.get(
    "/rules",
    summary="分派规则 · Routing rules",
    responses=shown(200, Page, "规则各版 · Versions of rules"),
    openapi_extra=needs(Permission.ROUTING_READ),
)
async def rules(
    backing: Backed,
    call: Asking,
    state: Annotated[list[State] | None, Query(max_length=3)] = None,
) -> Response:
    """Return drafts and what is in force, by priority; or the versions in the states that are asked for."""
    found = await backing.edge.call("patrol", "routing_rules", call=call, states=state or [])
    return answered(listed(found))


@router.get(
    "/rules/{rule_id:uuid}",
    summary="一条规则及其沿革 · One rule with its history",
    responses=shown(200, _RULE, "各版与变更记录 · Versions and changes") | problems(404),
    openapi_extra=needs(Permission.ROUTING_READ),
)
async def rule(backing: Backed, call: Asking, rule_id: UUID) -> Response:
    """Return the versions of a rule, newest first, and who did what to it."""
    found = await backing.edge.call("patrol", "routing_rule", call=call, rule_id=str(rule_id))
    return answered(found)


@router.get(
    "/in-force",
    summary="某时施行的规则 · The rules in force at a time",
    responses=shown(200, _RULE, "整套规则与部门 · The whole set, and the departments")
    | problems(404),
    openapi_extra=needs(Permission.ROUTING_READ),
)
async def in_force(backing: Backed, call: Asking, at: AtTime = None) -> Response:
    """Return all rules in force at a time, now by default, with the version of the set."""
    moment = wired_time(at, "at")
    return answered(await backing.edge.call("patrol", "routing_set", call=call, at=moment))


@router.post(
    "/rules",
    status_code=201,
    summary="起草规则 · Draft a rule",
    responses=shown(201, _RULE, "草案 · The draft") | problems(403, 413, 415),
    openapi_extra=needs(Permission.ROUTING_DRAFT),
)
async def draft(backing: Backed, call: Ordering, says: RoutingRuleOrder) -> Response:
    """Keep a draft; nothing goes by it until somebody else puts it in force.

    草案由起草人以外的系统管理员施行。 · A system administrator who did not write it does that.
    """
    kept = await backing.edge.call("patrol", "draft_routing_rule", call=call, says=wired(says))
    return answered(kept, 201)


@router.put(
    "/rules/{rule_id:uuid}",
    summary="修改规则 · Change a rule",
    responses=shown(200, _RULE, "草案 · The draft") | _CHANGING,
    openapi_extra=needs(Permission.ROUTING_DRAFT),
)
async def change(
    backing: Backed, call: Ordering, rule_id: UUID, says: RoutingRuleOrder
) -> Response:
    """Write the draft of a rule over, or begin its next version; what is in force stays until that is."""
    kept = await backing.edge.call(
        "patrol", "draft_routing_rule", call=call, says=wired(says), rule_id=str(rule_id)
    )
    return answered(kept)


@router.post(
    "/rules/{rule_id:uuid}/activate",
    summary="施行规则 · Put a rule in force",
    responses=shown(
        200, _RULE, "已施行；shadowed 为永远轮不到的规则 · In force; shadowed can never be reached"
    )
    | _CHANGING,
    openapi_extra=needs(Permission.ROUTING_ACTIVATE),
)
async def activate(
    backing: Backed, call: Ordering, rule_id: UUID, order: RoutingNote | None = None
) -> Response:
    """Put the draft of a rule in force, in place of the version that is.

    同一时期优先级相同的规则不予施行。 · Two rules of one priority at one time are refused.
    """
    done = await backing.edge.call(
        "patrol",
        "activate_routing_rule",
        call=call,
        rule_id=str(rule_id),
        order=wired(order or RoutingNote()),
    )
    return answered(done)


@router.post(
    "/rules/{rule_id:uuid}/retire",
    summary="停用规则 · Retire a rule",
    responses=shown(200, _RULE, "已停用 · Retired") | _CHANGING,
    openapi_extra=needs(Permission.ROUTING_ACTIVATE),
)
async def retire(
    backing: Backed, call: Ordering, rule_id: UUID, order: RoutingNote | None = None
) -> Response:
    """Throw the draft of a rule away; where it has none, take the rule out of force."""
    done = await backing.edge.call(
        "patrol",
        "retire_routing_rule",
        call=call,
        rule_id=str(rule_id),
        order=wired(order or RoutingNote()),
    )
    return answered(done)


@router.post(
    "/dry-run",
    summary="规则试算 · Try rules on what was reported",
    responses=shown(200, Tried, "试算结果 · What they would have done")
    | problems(404, 409, 413, 415),
    openapi_extra=needs(Permission.ROUTING_DRAFT),
)
async def dry_run(backing: Backed, call: Asking, trial: RoutingTrial) -> Response:
    """Return how many incidents each rule would have matched, and where they went in truth; nothing is written.

    只计入您有权知悉的事件；期间至多 366 天。 · Counted is what you may know of, within 366 days.
    """
    found = await backing.edge.call(
        "patrol", "try_routing_rules", call=call, timeout_s=TRIAL_S, trial=wired(trial)
    )
    return answered(found)


@router.get(
    "/findings",
    summary="规则故障 · What failed of the rules",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=needs(Permission.ROUTING_READ),
)
async def findings(
    backing: Backed,
    call: Asking,
    seen: Annotated[
        bool, Query(description="含已确认的 · also those that somebody has seen")
    ] = False,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Response:
    """Return rules that were for an incident and could not be followed, and how often."""
    page = await backing.edge.call(
        "patrol", "routing_findings", call=call, seen_too=seen, limit=limit, cursor=cursor
    )
    return answered(page)


@router.post(
    "/findings/{finding_id:uuid}/acknowledge",
    summary="确认规则故障 · Acknowledge a finding",
    responses=shown(200, _RULE, "已确认 · Acknowledged") | problems(403, 404, 413, 415),
    openapi_extra=needs(Permission.ROUTING_DRAFT, Permission.ROUTING_ACTIVATE),
)
async def acknowledge(
    backing: Backed, call: Ordering, finding_id: UUID, order: RoutingNote | None = None
) -> Response:
    """Note that a person has seen it; the rule stays in force."""
    done = await backing.edge.call(
        "patrol",
        "acknowledge_routing_finding",
        call=call,
        finding_id=str(finding_id),
        order=wired(order or RoutingNote()),
    )
    return answered(done)


@router.get(
    "/departments",
    summary="可派部门 · Departments",
    responses=shown(200, Page, "部门 · Departments"),
    openapi_extra=needs(Permission.ROUTING_READ),
)
async def departments(backing: Backed, call: Asking) -> Response:
    """Return the departments that rules may name."""
    return answered(listed(await backing.edge.call("patrol", "departments", call=call)))


@router.put(
    "/departments/{code}",
    summary="设置部门 · Set a department",
    responses=shown(
        200, _RULE, "部门；failing 为将失效的规则 · The department; rules in failing name it"
    )
    | problems(403, 409, 413, 415),
    openapi_extra=needs(Permission.ROUTING_ACTIVATE),
)
async def set_department(
    backing: Backed, call: Ordering, code: DepartmentCode, order: DepartmentOrder
) -> Response:
    """Open, rename or close a department; rules that name a closed one are passed over and reported."""
    done = await backing.edge.call(
        "patrol", "set_department", call=call, code=code, order=wired(order)
    )
    return answered(done)
