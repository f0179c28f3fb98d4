"""Many reports on their way at once, none of them lost sight of."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

_WAITING_PER_WORKER = 2


def done_by_workers(
    items: Iterable[Item],
    work: Callable[[Item], Outcome],
    *,
    workers: int,
    on_stop: Callable[[], None],
) -> Iterator[Outcome]:
    """Yield what *work* returns for each item, as it comes; items are drawn as workers come free.

    When an exception passes – of *work*, of the items, or a person's Ctrl-C – nothing new is begun,
    `on_stop` is called, and what is under way is waited for.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="replay")
    waiting: set[Future[Outcome]] = set()
    try:
        for item in items:
            waiting.add(pool.submit(work, item))
            if len(waiting) >= workers * _WAITING_PER_WORKER:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BaseException:
        on_stop()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
