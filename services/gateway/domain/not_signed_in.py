"""The refusals to whoever has not proved who he is (401)."""

from dataclasses import dataclass
from typing import ClassVar

from shared.kernel.errors import Refusal


@dataclass(eq=False, kw_only=True)
class NotSignedIn(Refusal):
    """Who asks is not known; it is said at the edge and never crosses an RPC (401)."""

    kind: ClassVar[str] = "not_signed_in"


def sign_in_needed() -> NotSignedIn:
    return NotSignedIn(
        code="sign_in_needed",
        zh="请先登录：用 POST /api/v1/auth/token 取得令牌，放入 Authorization: Bearer 头。",
        en="Sign in first: take a token from POST /api/v1/auth/token and send it in the header Authorization: Bearer.",
    )


def token_not_good() -> NotSignedIn:
    return NotSignedIn(
        code="token_not_good",
        zh="令牌无效、已过期或已退出登录；请用刷新令牌换取新令牌，或重新登录。",
        en="The token is not valid, has expired or was signed out; take a new one with the refresh token, or sign in again.",
    )


def sign_in_refused() -> NotSignedIn:
    """Return one answer for every reason, so that it does not tell which accounts there are."""
    return NotSignedIn(
        code="sign_in_refused",
        zh="账号或密码不对，或该账号因连续输错五次而锁定五分钟。",
        en="The account or the password is wrong, or the account is locked for five minutes after five wrong passwords.",
    )


def refresh_refused() -> NotSignedIn:
    return NotSignedIn(
        code="refresh_refused",
        zh="刷新令牌无效、已过期或已用过；请重新登录。",
        en="The refresh token is not valid, has expired or was used before; sign in again.",
    )
