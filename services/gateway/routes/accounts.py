"""Accounts and rights: who may sign in, and what each may do where."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar
from uuid import UUID

from annotated_types import MaxLen, MinLen
from fastapi import APIRouter, Path, Security
from pydantic import AwareDatetime, ConfigDict
from starlette.responses import Response

from services.gateway.domain.account import LONGEST_PASSWORD
from services.gateway.routes.answers import answered, listed
from services.gateway.routes.backing import Backed, Backing
from services.gateway.routes.documents import EVERYWHERE, Page, problems, shown
from services.gateway.routes.doors import API, SignedInDoor
from services.gateway.routes.idempotency import Ordering
from services.gateway.routes.needs import needs
from services.gateway.routes.parameters import Cursor, PageSize
from services.gateway.routes.problems import wrong_field
from services.gateway.routes.signed_in import SIGN_IN, Asking
from services.gateway.routes.wire import wired
from services.gateway.usecases.create_account import AccountOrder
from shared.kernel.actor import WHOLE_TREE, Right
from shared.kernel.errors import NotFound
from shared.kernel.rights import PERMISSIONS, Permission, Role
from shared.runtime.call import Call

router = APIRouter(
    prefix=API,
    route_class=SignedInDoor,
    tags=["accounts"],
    dependencies=[Security(SIGN_IN)],
    responses=EVERYWHERE,
)
_ACCOUNT = dict[str, Any]
_WRITING = problems(404, 409, 413, 415)
_MANAGING = needs(Permission.ACCOUNTS_MANAGE)

AccountName = Annotated[str, Path(min_length=1, max_length=64, description="账号 · the account")]
Text = Annotated[str, MinLen(1), MaxLen(64)]
Password = Annotated[str, MinLen(1), MaxLen(LONGEST_PASSWORD)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRight:
    """A role on a node of the grid tree, `*` for the whole tree, for a time."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    role: Role
    place: Text | None = None
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None

    def right(self) -> Right:
        """Return it as the platform keeps it."""
        return Right(
            role=self.role,
            place_code=self.place,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """Somebody who shall be able to sign in."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    account: Text
    name: Annotated[str, MinLen(1), MaxLen(100)]
    password: Password = field(repr=False)
    unit: Text | None = None
    rights: Annotated[list[GivenRight], MaxLen(50)] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRights:
    """Rights an account shall hold beside those it has."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    rights: Annotated[list[GivenRight], MinLen(1), MaxLen(50)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """A password that an administrator sets."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    password: Password = field(repr=False)


@router.get(
    "/rights/roles",
    summary="角色与权限 · What each role may do",
    responses=shown(200, Page, "角色 · Roles"),
    openapi_extra=_MANAGING,
)
async def roles() -> Response:
    """Return the roles with their permissions."""
    return answered(
        listed(
            [
                {"role": role.value, "permissions": sorted(PERMISSIONS[role])}
                for role in Role
                if role is not Role.SERVICE
            ]
        )
    )


@router.get(
    "/accounts",
    summary="账号列表 · The accounts",
    responses=shown(200, Page, "一页 · A page"),
    openapi_extra=_MANAGING,
)
async def accounts(
    backing: Backed, call: Asking, limit: PageSize = 50, cursor: Cursor = None
) -> Response:
    """Return the accounts with their rights, by name."""
    return answered(await backing.edge.run(lambda: backing.accounts.accounts(limit, cursor)))


@router.post(
    "/accounts",
    status_code=201,
    summary="开立账号 · Make an account",
    responses=shown(201, _ACCOUNT, "账号 · The account") | problems(409, 413, 415),
    openapi_extra=_MANAGING,
)
async def create(backing: Backed, call: Ordering, order: NewAccount) -> Response:
    """Make an account of one person; nobody shares one.

    系统、安全、审计管理员不得由一人兼任。 · System, security and audit administration never lie in one hand.
    """
    wired(order)
    await _check_places(backing, call, order.rights)
    wanted = AccountOrder(
        account=order.account,
        name=order.name,
        password=order.password,
        unit=order.unit,
        rights=tuple(given.right() for given in order.rights),
    )
    made = await backing.edge.run(lambda: backing.accounts.create(wanted, call))
    return answered(made, 201)


@router.get(
    "/accounts/{account}",
    summary="一个账号 · One account",
    responses=shown(200, _ACCOUNT, "账号 · The account") | problems(404),
    openapi_extra=_MANAGING,
)
async def account(backing: Backed, call: Asking, account: AccountName) -> Response:
    """Return an account with every right it holds, held or will hold."""
    return answered(await backing.edge.run(lambda: backing.accounts.account(account)))


@router.post(
    "/accounts/{account}/rights",
    summary="授权 · Give rights",
    responses=shown(200, _ACCOUNT, "账号 · The account") | _WRITING,
    openapi_extra=_MANAGING,
)
async def grant(
    backing: Backed, call: Ordering, account: AccountName, order: GivenRights
) -> Response:
    """Give an account rights; they hold within seconds."""
    wired(order)
    await _check_places(backing, call, order.rights)
    rights = [given.right() for given in order.rights]
    return answered(await backing.edge.run(lambda: backing.accounts.grant(account, rights, call)))


@router.post(
    "/accounts/{account}/rights/{right_id}/end",
    summary="收回权限 · Take a right away",
    responses=shown(200, _ACCOUNT, "账号 · The account") | _WRITING,
    openapi_extra=_MANAGING,
)
async def end_right(
    backing: Backed, call: Ordering, account: AccountName, right_id: UUID
) -> Response:
    """Take a right away, within seconds; it stays on record."""
    ended = str(right_id)
    return answered(
        await backing.edge.run(lambda: backing.accounts.end_right(account, ended, call))
    )


@router.post(
    "/accounts/{account}/close",
    summary="停用账号 · Close an account",
    responses=shown(200, _ACCOUNT, "账号 · The account") | _WRITING,
    openapi_extra=_MANAGING,
)
async def close(backing: Backed, call: Ordering, account: AccountName) -> Response:
    """Close an account: nobody signs in to it, and its sign-ins end within seconds."""
    return answered(
        await backing.edge.run(lambda: backing.accounts.set_active(account, False, call))
    )


@router.post(
    "/accounts/{account}/open",
    summary="启用账号 · Open an account again",
    responses=shown(200, _ACCOUNT, "账号 · The account") | _WRITING,
    openapi_extra=_MANAGING,
)
async def reopen(backing: Backed, call: Ordering, account: AccountName) -> Response:
    """Open an account that was closed."""
    return answered(
        await backing.edge.run(lambda: backing.accounts.set_active(account, True, call))
    )


@router.put(
    "/accounts/{account}/password",
    summary="重置密码 · Set another password",
    responses=shown(200, _ACCOUNT, "账号 · The account") | _WRITING,
    openapi_extra=_MANAGING,
)
async def set_password(
    backing: Backed, call: Ordering, account: AccountName, order: NewPassword
) -> Response:
    """Give an account another password, and unlock it."""
    wired(order)
    secret = order.password
    return answered(
        await backing.edge.run(lambda: backing.accounts.set_password(account, secret, call))
    )


async def _check_places(backing: Backing, call: Call, rights: Sequence[GivenRight]) -> None:
    """See that the grid knows each place; raises `Invalid` for the first that it does not."""
    for number, given in enumerate(rights):
        if given.place is None or given.place == WHOLE_TREE:
            continue
        try:
            # On the edge's own account: the administrator of accounts has no business on the map.
            own = Call(call_id=call.call_id)
            await backing.edge.call("grid", "chain_of", call=own, code=given.place)
        except NotFound:
            raise wrong_field(
                f"rights.{number}.place",
                "unknown_place",
                "没有这个区划或网格",
                "there is no such division or cell",
            ) from None
