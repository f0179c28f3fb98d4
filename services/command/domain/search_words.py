"""What is looked for, and where: texts cut into the words that both search indexes hold.

Chinese is written without spaces, so a run of it becomes its pairs of neighbouring characters, and
its last character alone: every character begins one word. Two characters in a row are then one
word, three and more a row of words, and a single character is the beginning of words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from shared.kernel.errors import FieldError, Invalid

LONGEST_QUESTION = 100
# Both sides cut alike, so that what is long is found by its beginning. PostgreSQL takes 2,046 bytes.
LONGEST_WORD = 40
# PostgreSQL numbers the words of a text up to 16,383.
MOST_WORDS = 16_000

# Ideographs and kana, with 々 and 〇, which stand among them.
_DENSE = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"(?P<dense>[{_DENSE}]+)|\d+|[^\W\d_{_DENSE}]+")
_DENSE_WORD = re.compile(rf"[{_DENSE}]+")
_PIECE = re.compile(r"\w+")
# Joiners, marks of direction and soft hyphens are invisible and come with copied text.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words that have to stand in a text one after another; the last may be the beginning of one."""

    words: tuple[str, ...]
    begins: bool


def plain(text: str) -> str:
    """Return *text* in the writing all comparing is done in: half-width, lower case."""
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()


def words_of(text: str) -> list[str]:
    """Return the words of a text in their order."""
    words: list[str] = []
    for run in _RUN.finditer(plain(text)):
        words.extend(_pairs(run[0]) if run["dense"] else (run[0][:LONGEST_WORD],))
        if len(words) > MOST_WORDS:
            return words[:MOST_WORDS]
    return words


def joined(fields: Iterable[str], gap: str) -> list[str]:
    """Return the words of several texts, with *gap* between them, where no term reaches across."""
    words: list[str] = []
    for field in fields:
        if words:
            words.append(gap)
        words.extend(words_of(field))
    return words[:MOST_WORDS]


def terms_of(question: str) -> tuple[Term, ...]:
    """Return what has to be found, all of it: one term for each piece without a gap.

    Raises:
        Invalid: there is nothing in it to look for, or it is too long.
    """
    if len(question.strip()) > LONGEST_QUESTION:
        raise _wrong(
            "string_too_long",
            f"最多 {LONGEST_QUESTION} 个字符",
            f"write {LONGEST_QUESTION} characters at most",
        )
    pieces = dict.fromkeys(_PIECE.findall(plain(question)))
    terms = tuple(term for piece in pieces if (term := _term(piece)) is not None)
    if not terms:
        raise _wrong(
            "nothing_to_look_for",
            "写明要找的文字或数字，只有标点不行",
            "write letters, characters or digits to look for; punctuation alone is none",
        )
    return terms


def is_character(word: str) -> bool:
    """Tell whether a word is a single character, which begins the pairs it leads."""
    return len(word) == 1 and is_pair_or_character(word)


def in_free_text(term: Term) -> Term:
    """Return the term as free text is asked for it: of words kept blind only characters are a beginning."""
    return replace(term, begins=term.begins and is_character(term.words[-1]))


def is_pair_or_character(word: str) -> bool:
    """Tell whether a word was cut out of a run of characters."""
    return _DENSE_WORD.fullmatch(word) is not None


def stands_in(term: Term, words: list[str]) -> bool:
    """Tell whether a text of these words holds the term, as both indexes understand it."""
    length = len(term.words)
    return any(
        _fits(term, words[start : start + length]) for start in range(len(words) - length + 1)
    )


def _fits(term: Term, part: list[str]) -> bool:
    *before, last = term.words
    is_last = part[-1].startswith(last) if term.begins else part[-1] == last
    return is_last and part[:-1] == before


def _term(piece: str) -> Term | None:
    runs = list(_RUN.finditer(piece))
    if not runs:
        return None
    words = tuple(words_of(piece))
    if runs[-1]["dense"] and len(runs[-1][0]) > 1:
        # In a text more characters may follow the last one, and make another word of it.
        return Term(words=words[:-1], begins=False)
    return Term(words=words, begins=True)


def _pairs(run: str) -> Iterator[str]:
    for start in range(len(run)):
        yield run[start : start + 2]


def _wrong(code: str, zh: str, en: str) -> Invalid:
    return Invalid(
        code="invalid",
        zh="检索词不合要求，详见 errors。",
        en="The question is wrong; see errors.",
        errors=(FieldError(field="q", code=code, zh=zh, en=en),),
    )
