"""The second factor: a code of six digits by the clock (TOTP, RFC 6238), each good once."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import pyotp

ISSUER = "Wangge 网格"
STEP_S = 30
# Codes of the step before and the step after are taken too (RFC 6238, 5.2: clocks differ).
STEPS_AROUND = (-1, 0, 1)
RECOVERY_CODES = 10

_CODE = re.compile(r"[0-9]{6}")
# Letters and digits of which none is taken for another (RFC 4648).
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_GROUPS, _GROUP = 4, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """What makes an account's codes; counted from its first good code on."""

    account: str
    secret: str = field(repr=False)
    confirmed_at: datetime | None = None
    last_counter: int | None = None

    def counter_of(self, code: str, now: datetime) -> int | None:
        """Return the time step whose code this is, or None.

        A step that was used is returned all the same: whoever moves the counter finds out.
        """
        if _CODE.fullmatch(code) is None:
            return None
        present = int(now.timestamp()) // STEP_S
        codes = pyotp.HOTP(self.secret)
        fitting = [
            present + around for around in STEPS_AROUND if codes.verify(code, present + around)
        ]
        return max(fitting, default=None)

    def uri(self, account: str) -> str:
        """Return what an authenticator app reads from a picture (otpauth)."""
        return pyotp.TOTP(self.secret).provisioning_uri(name=account, issuer_name=ISSUER)


def new_second_factor(account: str) -> SecondFactor:
    """Return one of 160 random bits (RFC 4226, 4 R6), not yet confirmed."""
    return SecondFactor(account=account, secret=pyotp.random_base32())


def new_recovery_codes() -> list[str]:
    """Return codes of 80 random bits, for when the device is lost; each is good once."""
    return ["-".join(_random_group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]


def is_recovery_code(code: str) -> bool:
    """Tell whether somebody typed a recovery code rather than six digits."""
    return len(plain(code)) == _GROUPS * _GROUP


def plain(code: str) -> str:
    """Return a recovery code as it is digested: spaces, hyphens and small letters do not matter."""
    return re.sub(r"[\s-]", "", code).upper()


def _random_group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))
