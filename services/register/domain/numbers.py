"""Numbers with a check digit: of citizens (GB 11643-1999) and of organisations (GB 32100-2015).

Whether the county of a citizen's number ever existed is not asked: lists of counties lack some that did.
"""

from datetime import date

from stdnum import exceptions
from stdnum.cn import ric, uscc

CHILD_UNTIL = 14


def is_citizen_number(number: str) -> bool:
    """Tell whether *number* has 18 places, a date of birth and the check digit of ISO 7064 MOD 11-2."""
    given = ric.compact(number)
    if len(given) != 18 or not (given[:17].isascii() and given[:17].isdigit()):
        return False
    return bool(given[17] == ric.calc_check_digit(given)) and born_on(given) is not None


def born_on(number: str) -> date | None:
    """Return the date of birth in a citizen's number, None where there is none."""
    try:
        born: date = ric.get_birth_date(number)
    except (exceptions.ValidationError, ValueError):
        return None
    return born


def is_credit_code(code: str) -> bool:
    """Tell whether *code* is a unified social credit code with its check character."""
    return bool(uscc.is_valid(code))


def is_child(number: str | None, today: date) -> bool:
    """Tell whether somebody is under 14, whose data are sensitive (PIPL, article 28)."""
    born = None if number is None else born_on(number)
    if born is None:
        return False
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (not had_birthday) < CHILD_UNTIL
