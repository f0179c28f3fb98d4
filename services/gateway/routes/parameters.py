"""Parameters that several routes take."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AwareDatetime

from shared.runtime.cursor import MOST_PER_PAGE

AreaInPath = Annotated[
    str, Path(max_length=64, description="区划或网格代码 · the code of a division or cell")
]
PlaceFilter = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=64,
        description="任一级区划或网格代码，表示“在其之下” · any division or cell code: under it",
    ),
]
AtTime = Annotated[
    AwareDatetime | None,
    Query(description="按当时生效的网格版本作答 · answer as of then, RFC 3339 with offset"),
]
Word = Annotated[str | None, Query(min_length=1, max_length=64)]
PageSize = Annotated[int, Query(ge=1, le=MOST_PER_PAGE)]
Cursor = Annotated[
    str | None,
    Query(max_length=500, description="上一页的 next_cursor · the last page's next_cursor"),
]
Version = Annotated[int, Path(ge=0, le=2**31 - 1, description="边界版本 · boundary version")]
