"""Makes this process green: imported before anything else by a process that runs services.

eventlet patches sockets, threads and locks; what was imported earlier would keep the blocking
ones. The asyncio hub lets uvicorn serve on the very loop that drives the green threads.
"""

import os
import warnings

os.environ.setdefault("EVENTLET_HUB", "asyncio")
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402 – the hub is chosen by the line above

eventlet.monkey_patch()

from shared.runtime.green_postgres import wait_for_postgres  # noqa: E402 – of what is patched now

wait_for_postgres()
