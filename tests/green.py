"""Makes the test process green, as a process that runs services is, and keeps pytest-xdist alive in it."""

import gc
import os
import threading

# Whoever waits already is not one of ours.
waiting = [thing for thing in gc.get_objects() if type(thing) is threading.Condition]

import deploy.green  # noqa: E402, F401 – after the line above and before everything else


def _wait_natively() -> None:
    """Let the main thread of a worker of pytest-xdist wait for the native thread that feeds it.

    A green wait is woken from green threads alone: the worker would wait for its next test for ever.
    """
    from eventlet import patcher
    from execnet.gateway_base import MainThreadOnlyExecModel as Execution

    native = patcher.original("threading")
    for condition in waiting:
        condition.__class__ = native.Condition
    Execution.Event = lambda _: native.Event()  # type: ignore[method-assign]
    Execution.Lock = Execution.RLock = lambda _: native.RLock()  # type: ignore[method-assign]


if "PYTEST_XDIST_WORKER" in os.environ:
    _wait_natively()
