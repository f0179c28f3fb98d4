"""What the OpenAPI document says of answers; nothing here is checked at run time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.gateway.routes.problems import TITLES
from shared.contracts.grid import NamedDay
from shared.kernel.deadlines.limit import Direction, Ends
from shared.kernel.deadlines.rule import Confidence, Duty
from shared.kernel.deadlines.unit import Unit
from shared.kernel.errors import FieldError
from shared.kernel.place import NamedArea, Place

Responses = dict[int | str, dict[str, Any]]

_REF = {"$ref": "#/components/schemas/Problem"}


def problems(*statuses: int) -> Responses:
    """Return the problem answers of these statuses, as routes declare them."""
    return {
        status: {
            "description": " · ".join(TITLES[status]),
            "content": {"application/problem+json": {"schema": _REF}},
        }
        for status in statuses
    }


# What any call of somebody signed in may be answered; the order is that of the checks.
EVERYWHERE = problems(400, 401, 403, 422, 503)


def shown(status: int, model: Any, description: str) -> Responses:
    """Return the good answer of a route."""
    return {status: {"model": model, "description": description}}


def raw(status: int, media_type: str, description: str) -> Responses:
    """Return the good answer of a route that gives no JSON."""
    schema = {"type": "string", "format": "binary"}
    return {status: {"description": description, "content": {media_type: {"schema": schema}}}}


def multipart(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    """Return the request body of an upload, which FastAPI does not see."""
    schema = {"type": "object", "properties": properties, "required": required}
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


FILE = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal (RFC 9457).

    `title` and `detail` follow Accept-Language, Chinese by default; `zh` and `en` hold the detail
    in each language; `errors` names each wrong field; `call_id` finds the call in the logs.
    `challenge_token` comes with `second_factor_needed` alone.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    zh: str
    en: str
    errors: list[FieldError]
    call_id: str
    challenge_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a sign-in gives; the refresh token is good once, and a client of `client_credentials` has none.

    While one of the two is needed, nothing but that is served (403 `change_password_first`,
    `enrol_second_factor`); renew the sign-in when it is done.
    """

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None
    password_change_needed: bool
    second_factor_enrolment_needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSignIn:
    """One of the caller's sign-ins; `is_bound` tells that renewing it takes a device's key."""

    id: str
    since: datetime
    renewed_at: datetime
    good_until: datetime
    device_name: str | None
    is_bound: bool
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSignIns:
    """The caller's sign-ins that go on, the one renewed last first."""

    items: list[OwnSignIn]
    next_cursor: None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecondFactor:
    """What an authenticator app takes over, shown once: as an address for a picture, and to type in."""

    uri: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodes:
    """Codes for when the device is lost, shown once, each good once."""

    recovery_codes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRight:
    """A role on a node of the grid tree, `*` for the whole tree."""

    role: str
    place: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The account that asks; `places` are the areas its rights reach under."""

    account: str
    name: str
    unit: str | None
    roles: list[str]
    places: list[NamedArea]
    rights: list[OwnRight]
    permissions: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKept:
    """A kept file; refer to it by `id`."""

    id: str
    sha256: str
    media_type: str
    size: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """How far the file of an export is; ready, it is at `download` until `kept_until`.

    Of about `total` rows `done` have been read, and `rows` are in the file. `state` is `running`, `ready`
    or `failed`, for `reason`.
    """

    id: str
    form: str
    state: str
    reason: str | None
    done: int
    total: int
    rows: int
    size: int | None
    begun_at: datetime
    kept_until: datetime | None
    download: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """The places of several points, in their order."""

    items: list[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a list; hand `next_cursor` back for the next, null says there is none."""

    items: list[dict[str, Any]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BothLanguages:
    """A text in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """A rule about a time limit; the version is chosen by the date of the event.

    `duty` says who must meet it. `can_be_set` tells that a district may set it otherwise.
    """

    id: str
    version: int
    effective_from: date
    effective_to: date | None
    name: BothLanguages
    amount: int
    unit: Unit
    direction: Direction
    roll_forward: bool
    ends: Ends
    duty: Duty
    stop_grounds: list[str]
    extension: dict[str, Any] | None
    source: dict[str, str]
    confidence: Confidence
    can_be_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRules:
    """The rules in force on a date, by their ids."""

    items: list[ClockRule]
    next_cursor: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """When a limit ends: `due` is a day, or a time where hours are counted; null while the clock stands.

    An act at `due_at` is in time: 24:00 of a day is 00:00 of the next. Of an end on a rest day that does
    not roll, `rolled_to` says where it would and `working_day_before` which day to aim at.
    `provisional` tells that a year it depends on has no published calendar yet.
    """

    due: date | datetime | None
    due_at: datetime | None
    provisional: bool
    standing: bool
    rolled_to: date | None
    working_day_before: date | None
    rule: ClockRule | None
    calendar_version: str
    explanation: BothLanguages


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarShown:
    """The calendar of a year; `statutory_days_worked` should be empty, or the notice is incomplete.

    `versions` are those that were set here, the newest first; version 1 came with the platform.
    """

    year: int
    version: int
    source: str
    days_off: list[NamedDay]
    makeup_days: list[date]
    working_days: int
    statutory_days_worked: list[NamedDay]
    versions: list[dict[str, Any]] | None = None
