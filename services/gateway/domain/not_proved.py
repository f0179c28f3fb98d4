"""The refusals to somebody signed in who has something to prove or to do first (403)."""

from services.gateway.domain.reason import Reason
from services.gateway.domain.sign_in_policy import Must
from shared.kernel.errors import Forbidden, RuleBroken


def not_proved(reason: Reason) -> Forbidden:
    """Return what somebody is told whose password or code, asked for once more, will not do."""
    if reason in (Reason.SECOND_FACTOR_WRONG, Reason.CODE_REPLAYED):
        return Forbidden(
            code="second_factor_wrong",
            zh="动态口令不对或已用过。",
            en="The code is wrong or was used before.",
        )
    return Forbidden(
        code="password_wrong",
        zh="当前密码不对，或账号因连续输错而锁定五分钟。",
        en="The present password is wrong, or the account is locked for five minutes after wrong ones.",
    )


def first(must: Must) -> Forbidden:
    """Return what somebody is told who has to do something else first."""
    if must is Must.CHANGE_PASSWORD:
        return Forbidden(
            code="change_password_first",
            zh="请先修改密码：POST /api/v1/auth/password，然后续期或重新登录。",
            en="Change the password first: POST /api/v1/auth/password, then renew the sign-in or sign in again.",
        )
    return Forbidden(
        code="enrol_second_factor",
        zh="管理员须先启用动态口令：POST /api/v1/auth/totp，然后续期或重新登录。",
        en="An administrator enrols a second factor first: POST /api/v1/auth/totp, then renews the sign-in or signs in again.",
    )


def second_factor_there() -> RuleBroken:
    return RuleBroken(
        code="second_factor_there",
        zh="该账号已启用动态口令；更换设备请先停用。",
        en="The account has a second factor; remove it first to change the device.",
    )


def no_second_factor() -> RuleBroken:
    return RuleBroken(
        code="no_second_factor",
        zh="该账号没有启用或正在启用的动态口令。",
        en="The account has no second factor, and none is being enrolled.",
    )
