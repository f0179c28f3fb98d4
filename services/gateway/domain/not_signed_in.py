"""The refusals to whoever has not proved who he is (401)."""

from dataclasses import dataclass
from typing import ClassVar

from shared.kernel.errors import Refusal


@dataclass(eq=False, kw_only=True)
class NotSignedIn(Refusal):
    """Who asks is not known; it is said at the edge and never crosses an RPC (401).

    `challenge` is what a second step of signing in carries back.
    """

    challenge: str | None = None
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


def second_factor_needed(challenge: str) -> NotSignedIn:
    return NotSignedIn(
        code="second_factor_needed",
        zh="密码正确，还需动态口令：五分钟内以 grant_type=second_factor 提交 challenge_token 与 otp。",
        en="The password is right and a code is needed: within five minutes send challenge_token and otp with grant_type=second_factor.",
        challenge=challenge,
    )


def second_factor_refused() -> NotSignedIn:
    return NotSignedIn(
        code="second_factor_refused",
        zh="动态口令不对、已用过，或该账号因连续输错而锁定五分钟。",
        en="The code is wrong or was used before, or the account is locked for five minutes after wrong ones.",
    )


def challenge_refused() -> NotSignedIn:
    return NotSignedIn(
        code="challenge_refused",
        zh="登录步骤已过期，请重新输入账号和密码。",
        en="This step of signing in has expired; give account and password again.",
    )


def proof_refused() -> NotSignedIn:
    return NotSignedIn(
        code="proof_refused",
        zh="该登录已绑定设备，续期须附该设备密钥的有效证明（DPoP 头）；请校准时钟，或重新登录。",
        en="This sign-in is bound to a device: renewing it takes a good proof by the device's key (header DPoP). Set the clock, or sign in again.",
    )


def client_refused() -> NotSignedIn:
    """Return one answer for every reason, so that it does not tell which clients there are."""
    return NotSignedIn(
        code="client_refused",
        zh="客户端编号或凭据不对，或该客户端已停用、不在有效期内。",
        en="The client or what it shows is wrong, or it is disabled or not valid at this time.",
    )


def entry_refused() -> NotSignedIn:
    return NotSignedIn(
        code="entry_refused",
        zh="统一身份认证的登录未成功、已过期，或该身份没有关联本平台账号；请重试，或联系系统管理员。",
        en="The sign-in at the identity provider failed or has expired, or that identity has no account here; try again, or ask the system administrator.",
    )


def api_key_refused() -> NotSignedIn:
    return NotSignedIn(
        code="api_key_refused",
        zh="缺少 api_key，或它无效、已停用；请向平台的运行单位申请。",
        en="There is no api_key, or it is not good any more; ask whoever runs the platform for one.",
    )
