"""Whatever lies in a handler's queue takes effect whole or becomes a dead letter; no service dies of it."""

from collections.abc import Iterator

import pytest

from tests.component.fuzzing.hearing import Hearing
from tests.component.running import Running
from tests.fuzzing.account import Account
from tests.fuzzing.drawing import drawn, shuffled
from tests.fuzzing.messages import KINDS, Message
from tests.profiles import Profile

# So many are under way at once; a service that dies is seen at the end of each.
AT_ONCE = 150


def test_takes_effect_whole_or_is_a_dead_letter(
    services: Running, profile: Profile, examples: int, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account(name=f"messages-{profile}")
    with Hearing(services, account) as hearing:
        for some in _batches(examples):
            hearing.hear(some)
        hearing.look_at_all_tables()
        hearing.look_for_secrets(caplog.text)
    account.close()


def _batches(examples: int) -> Iterator[list[Message]]:
    of_all = sum(KINDS.values())
    stories = [
        story
        for draw, share in KINDS.items()
        for story in drawn(draw(), max(1, examples * share // of_all), draw.__name__)
    ]
    mixed = shuffled(stories, "messages")
    for begin in range(0, len(mixed), AT_ONCE):
        yield [message for story in mixed[begin : begin + AT_ONCE] for message in story]
