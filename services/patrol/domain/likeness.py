"""How alike two texts are, by the pairs of characters they share."""

import unicodedata
from collections import Counter
from itertools import pairwise


def likeness(one: str, other: str) -> float | None:
    """Return how alike two texts are, from 0 to 1; None when one of them says nothing.

    Twice the pairs of neighbouring characters they share, over all they have (Dice 1945, "Measures of the
    Amount of Ecologic Association Between Species"). Case, width, blanks and punctuation do not count, and
    neither does the order of the words: 桥下垃圾 and 垃圾在桥下 share most.
    """
    ours, theirs = _pairs(one), _pairs(other)
    if not ours or not theirs:
        return None
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def _pairs(text: str) -> Counter[str]:
    letters = [each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum()]
    # A single character is all there is to compare.
    pairs = [one + next_one for one, next_one in pairwise(letters)] or letters
    return Counter(pairs)
