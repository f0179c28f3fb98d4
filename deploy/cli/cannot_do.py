"""What the command line says when it cannot do what was asked."""

from collections.abc import Sequence
from typing import ClassVar


class CannotDo(Exception):
    """The command fails; the text says why and what to do, one line in each language.

    `details` are further lines, one for each wrong place in a file.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, zh: str, en: str, details: Sequence[str] = ()) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.details = tuple(details)

    def __str__(self) -> str:
        return f"{self.zh} · {self.en}"


class Interrupted(CannotDo):
    """A person pressed Ctrl-C; the exit code is the shell's for it."""

    exit_code = 130
