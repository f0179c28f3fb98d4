"""`wangge run`: the platform on this machine, in a process that has nothing else in it."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def run(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="端口（同 PORT） · the port to serve on")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="数据目录（同 WANGGE_DATA） · the folder for the data")
    ] = None,
) -> None:
    """启动平台（单机） · run the platform on this machine; Ctrl-C stops it.

    例 · example: wangge run --port 8080 --data var
    """
    if port is not None:
        os.environ["PORT"] = str(port)
    if data is not None:
        os.environ["WANGGE_DATA"] = str(data)
    sys.stdout.flush()
    sys.stderr.flush()
    # A new program, not a call: eventlet has to patch the standard library before anything uses it.
    os.execv(sys.executable, [sys.executable, "-m", "deploy.embedded"])  # noqa: S606 – our own
