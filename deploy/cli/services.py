"""The services a command is for, as they are named on the command line."""

from typing import Annotated

import typer

Services = Annotated[
    list[str] | None,
    typer.Argument(metavar="SERVICE…", help="服务；不给则全部 · which; else all"),
]
