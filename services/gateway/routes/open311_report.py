"""A service request as Open311 sends it, and the report of an incident that it makes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form
from pydantic import FiniteFloat

from services.gateway.routes.problems import wrong_field
from shared.contracts.patrol import ContactPersonalData, IncidentReport
from shared.kernel.personal_data import FreeText, PersonName, Phone
from shared.kernel.place import Point

SOURCE = "open311"
_TITLE = 60
_LONGEST = 4_000
_NO_NAME = "-"

Text = Annotated[str | None, Form(max_length=200)]
Name = Annotated[str | None, Form(max_length=49)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequest:
    """What came in: the report, where it is said to belong, and what its sender is to know."""

    report: IncidentReport
    service_code: str
    jurisdiction_id: str | None
    notice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who is behind a request, as far as it says so."""

    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None

    @property
    def name(self) -> str:
        """Return the name in the order it is said in."""
        first, last = self.first_name or "", self.last_name or ""
        is_latin = (first + last).isascii()
        return (f"{first} {last}" if is_latin else last + first).strip()

    @property
    def contact(self) -> ContactPersonalData | None:
        """Return whom to ask; without a telephone number nobody can be."""
        if not self.phone:
            return None
        return ContactPersonalData(name=PersonName(self.name or _NO_NAME), phone=Phone(self.phone))

    @property
    def notice(self) -> str | None:
        """Return what is not kept of it."""
        left_out = [] if not self.email else ["email"]
        if self.name and not self.phone:
            left_out.append("first_name, last_name")
        if not left_out:
            return None
        return f"未保存 · not kept: {', '.join(left_out)}"


async def _sender(
    first_name: Name = None,
    last_name: Name = None,
    phone: Annotated[str | None, Form(max_length=32, pattern=Phone.form)] = None,
    email: Text = None,
) -> Sender:
    return Sender(first_name=first_name, last_name=last_name, phone=phone, email=email)


async def _point(
    lat: Annotated[FiniteFloat | None, Form(ge=-90, le=90)] = None,
    long: Annotated[FiniteFloat | None, Form(ge=-180, le=180)] = None,
    address_string: Annotated[str | None, Form(max_length=500)] = None,
    address_id: Text = None,
) -> Point:
    if lat is not None and long is not None:
        return Point(lon=long, lat=lat)
    if address_string or address_id:
        raise wrong_field(
            "address_string",
            "no_geocoder",
            "本平台不能由地址定位，请给出 lat 与 long（WGS-84）",
            "no address can be found here; give lat and long (WGS-84)",
        )
    raise wrong_field(
        "lat", "missing", "请给出 lat 与 long（WGS-84）", "give lat and long (WGS-84)"
    )


async def _reported(
    sender: Annotated[Sender, Depends(_sender)],
    point: Annotated[Point, Depends(_point)],
    service_code: Annotated[str, Form(min_length=1, max_length=16)],
    jurisdiction_id: Annotated[str | None, Form(max_length=64)] = None,
    description: Annotated[str | None, Form(max_length=_LONGEST)] = None,
    media_url: Annotated[str | None, Form(max_length=800, pattern=r"^https?://\S+$")] = None,
    device_id: Text = None,
    account_id: Text = None,
    api_key: Annotated[str | None, Form(max_length=300)] = None,
) -> ServiceRequest:
    said = (description or "").strip()
    text = said if media_url is None else f"{said}\n附件 · media_url: {media_url}".strip()
    return ServiceRequest(
        report=IncidentReport(
            category=service_code,
            title=FreeText(_title(said)),
            description=FreeText(text),
            location=point,
            source=SOURCE,
            contact=sender.contact,
        ),
        service_code=service_code,
        jurisdiction_id=jurisdiction_id,
        notice=sender.notice,
    )


def _title(said: str) -> str:
    """Return what a list shows of a description: its beginning."""
    first = said.splitlines()[0].strip() if said else ""
    return first[:_TITLE] or "Open311"


Reported = Annotated[ServiceRequest, Depends(_reported)]
