"""Texts of reports for the growth benchmark: few words often, most words seldom, as people write."""

import random
import re
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from deploy.demo.incident_topics import COUNTRY_SPOTS, TOPICS, TOWN_SPOTS, Topic

WORDS = 6_000
SENTENCE = (4, 9)
_LONGER_WORDS = 0.3
_ALL_TOPICS = tuple(topic for topics in TOPICS.values() for topic in topics)
_TOLD = "".join(topic.title + topic.description for topic in _ALL_TOPICS)
# Characters that no other text here has: names of shops, say.
_SELDOM = tuple(
    f"{first}{last}" for first in "甄鑫煜琛珺祎翊淏昶骁" for last in "旎彧曦霖铎瑾钰懿麒骏"
)
MENTIONS = 5 * len(_SELDOM)
_CHARACTERS = sorted(set(re.findall("[\u4e00-\u9fff]", _TOLD)))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words by rank: the one of rank n is used about n times more seldom than the first (Zipf)."""

    words: tuple[str, ...]
    weights: tuple[float, ...]

    def sentence(self, chance: random.Random) -> str:
        count = chance.randint(*SENTENCE)
        return "".join(chance.choices(self.words, cum_weights=self.weights, k=count))

    def seldom(self, number: int) -> str:
        """Return one of a few hundred words that stand in five reports each, whatever the size."""
        return _SELDOM[number % len(_SELDOM)]

    def description(self, topic: Topic, chance: random.Random) -> str:
        """Return what somebody writes about a topic: its own words and a sentence or two."""
        spot = chance.choice(TOWN_SPOTS + COUNTRY_SPOTS)
        told = [topic.description.format(spot=spot).rstrip("。")]
        told += [self.sentence(chance) for _ in range(chance.randint(0, 2))]
        return "，".join(told) + "。"


@cache
def vocabulary(seed: int = 1) -> Vocabulary:
    """Return invented words of two and three characters; the same for every size."""
    chance = random.Random(seed)  # noqa: S311 – texts that are the same at every run
    words: dict[str, None] = {}
    while len(words) < WORDS:
        length = 3 if chance.random() < _LONGER_WORDS else 2
        words["".join(chance.choices(_CHARACTERS, k=length))] = None
    weights = tuple(accumulate(1 / rank for rank in range(1, WORDS + 1)))
    return Vocabulary(words=tuple(words), weights=weights)
