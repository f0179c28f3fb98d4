"""Words of what people wrote, as the search indexes keep them: keyed digests, so that no index can be read.

A pair of characters is two digests side by side, of its first character and of both, so that a single
character is still found as the beginning of the pairs it leads. Other words are found whole. What an
index gives away is how often the same word stands in it, and where; not which word it is.
"""

import hmac
from base64 import b32encode
from functools import lru_cache

from services.command.domain.search_entry import MARK
from services.command.domain.search_words import Term, in_free_text, is_pair_or_character
from shared.runtime.sealing import Sealer, derived

# No mark of a place or of a time begins so.
_BLIND = f"{MARK}w"
_FIRST, _WHOLE = 5, 9


class BlindWords:
    """Makes the words of one platform blind; the same word is the same for ever."""

    def __init__(self, sealer: Sealer) -> None:
        self._key = _search_key(sealer.keyring.keys.index)
        self._kind = sealer.index_digest

    def text(self, words: tuple[str, ...]) -> list[str]:
        """Return the words of a text, with MARK where it stands."""
        return [word if word == MARK else self._word(word) for word in words]

    def asked(self, term: Term) -> Term:
        """Return the term as the words of a text are asked for it."""
        sought = in_free_text(term)
        *before, last = sought.words
        blind = self._beginning(last) if sought.begins else self._word(last)
        return Term(words=(*map(self._word, before), blind), begins=sought.begins)

    def _word(self, word: str) -> str:
        if not is_pair_or_character(word):
            return _BLIND + _digest(self._key, self._kind, f"word {word}", _FIRST + _WHOLE)
        return self._beginning(word[0]) + _digest(self._key, self._kind, f"pair {word}", _WHOLE)

    def _beginning(self, character: str) -> str:
        return _BLIND + _digest(self._key, self._kind, f"first {character}", _FIRST)


@lru_cache(maxsize=4)
def _search_key(secret: bytes) -> bytes:
    return derived(secret, "wangge search", 32)


# A district writes with some ten thousand pairs, again and again.
@lru_cache(maxsize=65_536)
def _digest(key: bytes, kind: str, said: str, length: int) -> str:
    return b32encode(hmac.digest(key, said.encode(), kind)).decode().lower()[:length]
