"""The options that say how a CSV file is written."""

from typing import Annotated

import typer

Encoding = Annotated[
    str | None,
    typer.Option(
        help="编码；不给则从 utf-8、gb18030 中判断 · the encoding; else told from the file: utf-8 or gb18030"
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(help="分隔符；不给则从表头判断 · the delimiter; else told from the header"),
]
