"""One matter, one number (一案一码): how the number is written and checked."""

import re
import unicodedata
from datetime import date

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_10

from shared.kernel.errors import Invalid

# As people type it: the hyphen any of the dashes or left out, the check digit left out.
_TYPED = re.compile(r"^([A-Z])(\d{8})\s*[-\u2010-\u2015\u2212]?\s*(\d{6})(\d?)$", re.ASCII)
_FORM = re.compile(r"^([A-Z])(\d{8})-(\d{6})(\d)$", re.ASCII)


def matter_no(origin: str, day: date, serial: int) -> str:
    """Return the number of the *serial*-th matter of *day* that first came in at *origin*.

    The letter names the service that took the matter in, so that each can number alone
    (P patrol, M mediation, T petition, B blacklist, E enforcement). The last digit is a check
    digit (ISO 7064, MOD 11,10) over date and serial, since the number is read out on the phone.
    """
    digits = f"{day:%Y%m%d}{serial:06d}"
    return f"{origin}{digits[:8]}-{digits[8:]}{mod_11_10.calc_check_digit(digits)}"


def checked_matter_no(text: str) -> str:
    """Return *text* in its standard writing.

    Raises:
        Invalid: it is not a matter number, or its check digit says that it was mistyped.
    """
    # Chinese keyboards write full-width digits, which look alike and are others.
    form = _FORM.match(unicodedata.normalize("NFKC", text).strip().upper())
    if form is None:
        raise Invalid(
            code="matter_no_malformed",
            zh="事项编号应形如 P20261123-0000018：一个字母、八位日期、短横、七位数字。",
            en="A matter number reads like P20261123-0000018: a letter, eight digits of date, a hyphen, seven digits.",
        )
    try:
        mod_11_10.validate("".join(form.groups()[1:]))
    except ValidationError:
        raise Invalid(
            code="matter_no_mistyped",
            zh="事项编号的校验位不符，请核对是否抄写有误。",
            en="The matter number's check digit does not fit; look for a mistyped digit.",
        ) from None
    return form.group(0)


def meant_matter_no(text: str) -> str | None:
    """Return the matter number that somebody who looks for *text* means, or None if it is none."""
    typed = _TYPED.match(unicodedata.normalize("NFKC", text).strip().upper())
    if typed is None:
        return None
    origin, day, serial, check_digit = typed.groups()
    right = mod_11_10.calc_check_digit(day + serial)
    return f"{origin}{day}-{serial}{right}" if check_digit in ("", right) else None
