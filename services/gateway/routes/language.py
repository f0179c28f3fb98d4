"""Which of the two languages a client would rather read."""

from typing import Literal

Language = Literal["zh", "en"]


def preferred_language(accept_language: str | None) -> Language:
    """Return "en" when *accept_language* (RFC 9110, 12.5.4) ranks English above Chinese."""
    ranks = {"zh": 0.0, "en": 0.0}
    for choice in (accept_language or "").lower().split(","):
        tag, _, parameter = choice.partition(";")
        language = tag.strip().split("-")[0]
        if language in ranks:
            ranks[language] = max(ranks[language], _quality(parameter))
    return "en" if ranks["en"] > ranks["zh"] else "zh"


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
