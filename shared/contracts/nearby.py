"""What is asked before a report is sent: what others have reported of the same already."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_types import Ge, Le, MaxLen
from pydantic import AfterValidator

from shared.contracts.patrol import ShortCode
from shared.kernel.personal_data import FreeText
from shared.kernel.place import Point

MOST_NEARBY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NearbyQuestion:
    """What somebody is about to report (`GET /incidents/nearby`); without a time it is of now."""

    category: ShortCode
    location: Point
    text: Annotated[str, MaxLen(500), AfterValidator(FreeText)] = ""
    at: datetime | None = None
    limit: Annotated[int, Ge(1), Le(MOST_NEARBY)] = 10
