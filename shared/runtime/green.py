"""Tells whether this process runs on green threads; a process that does not never imports eventlet."""

import sys


def is_green() -> bool:
    """Tell whether eventlet has taken the place of this process's threads."""
    patcher = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("thread"))
