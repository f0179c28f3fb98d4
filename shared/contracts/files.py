"""Which services name uploaded files, and what the edge asks them before it deletes one."""

from typing import Annotated

from annotated_types import MaxLen, MinLen

# The edge gives each file an id when it is uploaded.
FileId = Annotated[str, MinLen(1), MaxLen(36)]
# What an order names.
FileIds = Annotated[list[FileId], MaxLen(20)]

# Each has a door `named_files`: given ids, it returns those that anything it keeps still names.
NAMING_FILES = ("patrol",)
MOST_ASKED = 500
AskedFiles = Annotated[list[FileId], MaxLen(MOST_ASKED)]
