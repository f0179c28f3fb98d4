"""Personal fields by type: what of them may be seen, and the one way to the rest.

A text of a `Masked` kind *is* its mask (rules BL-08): whatever is done with it – printed, joined, logged,
written as JSON – shows no more. `plain` is the only way to what was given. Text that may name people
(`FreeText`) can be worked on as any text, but is not printed: neither in a log nor in an error.
"""

import re
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

# Given as pydantic's context, it makes `dump_python` write what is masked in clear: for what is sealed
# next, or crosses to the service that owns it.
CLEAR = "clear"

_STREET = re.compile(r".*?(?:街道|镇|乡|苏木)")
_DISTRICT = re.compile(r".*?(?:自治县|[区县市旗])")


class Personal(str):
    """A text that says something of a person."""

    __slots__ = ()

    longest: ClassVar[int | None] = None
    form: ClassVar[str | None] = None

    @property
    def plain(self) -> str:
        """Return the text as it was given."""
        raise NotImplementedError

    @property
    def masked(self) -> str:
        """Return what may be seen of it anywhere."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(
            _written, info_arg=True, return_schema=core_schema.str_schema()
        )
        text = core_schema.str_schema(
            min_length=1 if cls.longest else None, max_length=cls.longest, pattern=cls.form
        )
        return core_schema.no_info_after_validator_function(cls, text, serialization=written)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: Any) -> Self:
        return self

    def __reduce_ex__(self, _: Any) -> Any:
        raise TypeError("a personal field is not pickled")


def _written(value: Any, info: core_schema.SerializationInfo) -> str:
    if isinstance(value, Masked) and info.context == CLEAR:
        return value.plain
    return str.__str__(value)


class Masked(Personal):
    """A personal field that answers show masked; two are equal when what was given is the same."""

    __slots__ = ("_plain",)

    _plain: str

    def __new__(cls, plain: str) -> Self:
        given = plain.plain if isinstance(plain, Masked) else plain
        masked = super().__new__(cls, cls.mask(given))
        masked._plain = given
        return masked

    @classmethod
    def mask(cls, plain: str) -> str:
        """Return what may be seen of *plain*."""
        raise NotImplementedError

    @property
    def plain(self) -> str:
        return self._plain

    @property
    def masked(self) -> str:
        return str.__str__(self)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._plain == self._plain

    def __ne__(self, other: object) -> bool:
        return not self == other  # what it inherits compares masks

    def __hash__(self) -> int:
        return hash(self._plain)


class FreeText(Personal):
    """Text that may name people. It is read by `plain`, and by JSON where its type says it is one."""

    __slots__ = ()

    def __new__(cls, plain: str) -> Self:
        # Made of another one it is the same text, not what that one prints.
        return super().__new__(cls, plain.plain if isinstance(plain, FreeText) else plain)

    @property
    def plain(self) -> str:
        return str.__str__(self)

    @property
    def masked(self) -> str:
        return f"‹{len(self)}›"

    def __repr__(self) -> str:
        return self.masked

    def __str__(self) -> str:
        return self.masked

    def __format__(self, _: str) -> str:
        return self.masked


class PersonName(Masked):
    """A person's name, of which the first character shows."""

    __slots__ = ()
    longest = 100

    @classmethod
    def mask(cls, plain: str) -> str:
        return f"{plain[:1]}*"


class Phone(Masked):
    """A telephone number, of which the first three and the last four digits show: `138****5678`."""

    __slots__ = ()
    longest = 32
    form = r"^\+?[0-9][0-9 ()-]{2,}$"

    @classmethod
    def mask(cls, plain: str) -> str:
        if len(plain) < 11:  # of a number this short four digits would be half of it
            return f"****{plain[-2:]}" if len(plain) > 5 else "****"
        return f"{plain[:3]}****{plain[-4:]}"

    @property
    def normal(self) -> str:
        """Return the digits it is looked for by: China's own prefix and all signs left out."""
        digits = "".join(sign for sign in self.plain if sign.isdecimal())
        return re.sub(r"^(?:00)?86(?=1\d{10}$)", "", digits)


class IdNumber(Masked):
    """An identity number (GB 11643-1999), whose date of birth is hidden: `420802********123X`."""

    __slots__ = ()
    longest = 32

    @classmethod
    def mask(cls, plain: str) -> str:
        match len(plain):
            case 18:
                return f"{plain[:6]}********{plain[14:]}"
            case 15:  # as it was written until 1999
                return f"{plain[:6]}******{plain[12:]}"
        return "*" * 8


class Address(Masked):
    """Where somebody lives, cut after the street or, where none is named, the district."""

    __slots__ = ()
    longest = 300

    @classmethod
    def mask(cls, plain: str) -> str:
        known = _STREET.match(plain) or _DISTRICT.match(plain)
        return f"{known[0] if known else ''}***"


class BankAccount(Masked):
    """The number of a bank account, of which nothing shows."""

    __slots__ = ()
    longest = 64

    @classmethod
    def mask(cls, plain: str) -> str:
        return "****"


def plain(value: str) -> str:
    """Return a text as it was given, whether it is personal or not."""
    return value.plain if isinstance(value, Personal) else value
