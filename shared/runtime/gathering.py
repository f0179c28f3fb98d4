"""Questions asked at the same time by several workers, put together into one call.

Whoever asks alone waits for nobody. While a call is under way those that come after gather, and one
of them asks for all: under load a call to a neighbour serves many.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from shared.kernel.errors import Unavailable

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class _Round(Generic[Question, Answer]):
    """The questions of one call, and its answers once they have come."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.answers: Sequence[Answer] = ()
        self.error: Exception | None = None
        self.is_over = threading.Event()


class Gathering(Generic[Question, Answer]):
    """Puts questions together, at *most* so many in a call."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._turn = threading.Lock()
        self._next: _Round[Question, Answer] = _Round()

    def ask(
        self, question: Question, ask_all: Callable[[Sequence[Question]], Sequence[Answer]]
    ) -> Answer:
        """Return the answer to *question*, which is the one at its place among those of *ask_all*.

        A call goes out in the name of whoever came first, so ask for nothing that depends on who
        asks. When it is refused for what was asked, each question is asked alone.

        Raises:
            Refusal: what the call was refused with.
        """
        here = self._next
        place = len(here.questions)
        here.questions.append(question)
        if len(here.questions) >= self._most:
            self._next = _Round()
        if place == 0:
            self._ask_for_all(here, ask_all)
        else:
            here.is_over.wait()
        if here.error is None:
            return here.answers[place]
        if len(here.questions) == 1 or isinstance(here.error, Unavailable):
            raise here.error
        return ask_all([question])[0]

    def _ask_for_all(
        self,
        here: _Round[Question, Answer],
        ask_all: Callable[[Sequence[Question]], Sequence[Answer]],
    ) -> None:
        try:
            with self._turn:  # while others are asking, more may join this round
                if self._next is here:
                    self._next = _Round()
                here.answers = ask_all(here.questions)
        except Exception as error:
            here.error = error
        finally:
            here.is_over.set()
