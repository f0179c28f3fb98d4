"""What several workers want at the same time, put together and done once for all.

Whoever comes alone waits for nobody. While one round is under way, and for a moment after, those that
come gather, and the first of them does it for all: under load a call to a neighbour serves many, and
so does a commit.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from shared.kernel.errors import Unavailable

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class _Round(Generic[Question, Answer]):
    """The questions of one round, and its answers once they have come."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.answers: Sequence[Answer] = ()
        self.error: BaseException | None = None
        self.is_over = threading.Event()


class Gathering(Generic[Question, Answer]):
    """Puts questions together, at *most* so many in a round; rounds begin *pace_s* apart."""

    def __init__(self, *, most: int, pace_s: float = 0.0) -> None:
        self._most = most
        self._pace_s = pace_s
        self._due_at = 0.0
        self._turn = threading.Lock()
        self._joining = threading.Lock()
        self._next: _Round[Question, Answer] = _Round()

    def ask(
        self, question: Question, ask_all: Callable[[Sequence[Question]], Sequence[Answer]]
    ) -> Answer:
        """Return the answer to *question*, which is the one at its place among those of *ask_all*.

        A round is asked in the name of whoever came first, so ask for nothing that depends on who
        asks. When it is refused for what was asked, each question is asked alone.

        Raises:
            Refusal: what the round was refused with.
        """
        here, place = self._join(question)
        if place == 0:
            self._ask_for_all(here, ask_all)
        else:
            here.is_over.wait()
        if here.error is None:
            return here.answers[place]
        if len(here.questions) == 1 or isinstance(here.error, Unavailable):
            raise here.error
        if not isinstance(here.error, Exception):
            raise _cut_short()
        return ask_all([question])[0]

    def _join(self, question: Question) -> tuple[_Round[Question, Answer], int]:
        with self._joining:
            here = self._next
            here.questions.append(question)
            if len(here.questions) >= self._most:
                self._next = _Round()
            return here, len(here.questions) - 1

    def _ask_for_all(
        self,
        here: _Round[Question, Answer],
        ask_all: Callable[[Sequence[Question]], Sequence[Answer]],
    ) -> None:
        try:
            with self._turn:  # while others are asking, more may join this round
                self._wait_until_due()
                self._close(here)
                here.answers = ask_all(here.questions)
        except BaseException as error:
            here.error = error
            if not isinstance(error, Exception):
                raise  # this worker is being ended
        finally:
            self._close(here)
            here.is_over.set()

    def _wait_until_due(self) -> None:
        now = time.monotonic()
        if self._due_at > now:
            time.sleep(self._due_at - now)
        self._due_at = max(now, self._due_at) + self._pace_s

    def _close(self, here: _Round[Question, Answer]) -> None:
        with self._joining:
            if self._next is here:
                self._next = _Round()


def _cut_short() -> Unavailable:
    """Return the refusal for those whose round ended with the worker that asked for them."""
    return Unavailable(
        code="cut_short",
        zh="处理中断，结果未知；请用同一 Idempotency-Key 再试。",
        en="It was cut short, and whether it was done is not known; try again with the same Idempotency-Key.",
    )
