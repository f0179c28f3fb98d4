"""An incident as a row of its table, and back."""

from typing import Any

from pydantic_core import to_jsonable_python

from services.patrol.domain.conversion import Conversion
from services.patrol.domain.incident import OPEN_STATES, Incident, SetAside, State
from services.patrol.store.lifecycle import lifecycle_of, lifecycle_row
from shared.contracts.patrol import ContactPersonalData
from shared.contracts.routing import Routing
from shared.kernel.compartment import Compartment
from shared.kernel.coordinates import Crs
from shared.kernel.place import AREA_LEVELS, NamedArea, Place, PlaceStatus, Point
from shared.runtime.outbox import adapter


def row_of(incident: Incident) -> dict[str, Any]:
    """Return the incident as a row of its table."""
    areas = {level: getattr(incident.place, level) for level in AREA_LEVELS}
    return {
        "id": incident.incident_id,
        "matter_no": incident.matter_no,
        "state": incident.state.value,
        "is_open": incident.state in OPEN_STATES,
        "level": incident.level,
        "category": incident.category,
        "catalogue_version": incident.catalogue_version,
        "severity": incident.severity,
        "source": incident.source,
        "title": incident.title,
        "description": incident.description,
        "lon": incident.lon,
        "lat": incident.lat,
        "given_lon": incident.location.lon,
        "given_lat": incident.location.lat,
        "given_crs": incident.location.crs.value,
        "accuracy_m": incident.location.accuracy_m,
        "place_status": incident.place.status.value,
        "distance_m": incident.place.distance_m,
        **{f"{level}_code": area.code if area else None for level, area in areas.items()},
        **{f"{level}_name": area.name if area else None for level, area in areas.items()},
        "boundary_version": incident.place.boundary_version,
        "observed_at": incident.observed_at,
        "reported_at": incident.reported_at,
        "reported_by": incident.reported_by,
        "is_anonymous": incident.is_anonymous,
        "files": list(incident.files),
        "unit": incident.unit,
        "handler": incident.handler,
        "rework_count": incident.rework_count,
        "return_count": incident.return_count,
        "workers": list(incident.workers),
        "reopen_count": incident.reopen_count,
        "arbitrated_level": incident.arbitrated_level,
        "duplicate_of": incident.duplicate_of,
        "set_aside": to_jsonable_python(incident.set_aside),
        "conversion": to_jsonable_python(incident.conversion),
        "updated_at": incident.updated_at,
        "is_closed_off": incident.compartment is not None,
        **lifecycle_row(incident),
        "routing": to_jsonable_python(incident.routing),
        **_contact_row(incident),
    }


def _contact_row(incident: Incident) -> dict[str, Any]:
    contact = incident.contact
    return {
        "contact_name": contact.name if contact else None,
        "contact_phone": contact.phone if contact else None,
        "contact_phone_index": contact.phone if contact and not incident.is_anonymous else None,
    }


def incident_of(row: Any, compartment: Compartment | None = None) -> Incident:
    """Return the incident that a row of its table holds."""
    return Incident(
        incident_id=row.id,
        matter_no=row.matter_no,
        state=State(row.state),
        level=row.level,
        category=row.category,
        catalogue_version=row.catalogue_version,
        severity=row.severity,
        source=row.source,
        title=row.title,
        description=row.description,
        location=Point(
            lon=row.given_lon,
            lat=row.given_lat,
            crs=Crs(row.given_crs),
            accuracy_m=row.accuracy_m,
        ),
        lon=row.lon,
        lat=row.lat,
        place=place_of(row),
        observed_at=row.observed_at,
        reported_at=row.reported_at,
        reported_by=row.reported_by,
        is_anonymous=row.is_anonymous,
        files=tuple(row.files),
        unit=row.unit,
        handler=row.handler,
        rework_count=row.rework_count,
        return_count=row.return_count,
        workers=tuple(row.workers),
        reopen_count=row.reopen_count,
        arbitrated_level=row.arbitrated_level,
        duplicate_of=row.duplicate_of,
        set_aside=adapter(SetAside).validate_python(row.set_aside) if row.set_aside else None,
        conversion=conversion_of(row),
        updated_at=row.updated_at,
        **lifecycle_of(row),
        contact=contact_of(row),
        compartment=compartment,
        routing=None if row.routing is None else adapter(Routing).validate_python(row.routing),
    )


def conversion_of(row: Any) -> Conversion | None:
    """Return to which service the incident of a row goes, or went last."""
    return adapter(Conversion).validate_python(row.conversion) if row.conversion else None


def contact_of(row: Any) -> ContactPersonalData | None:
    """Return whom the report of a row names to be asked."""
    if row.contact_phone is None:
        return None
    return ContactPersonalData(name=row.contact_name, phone=row.contact_phone)


def place_of(row: Any) -> Place:
    """Return where the incident of a row lies."""
    return Place(
        status=PlaceStatus(row.place_status),
        distance_m=row.distance_m,
        **{level: _area(row, level) for level in AREA_LEVELS},
        boundary_version=row.boundary_version,
    )


def _area(row: Any, level: str) -> NamedArea | None:
    code = getattr(row, f"{level}_code")
    return None if code is None else NamedArea(code=code, name=getattr(row, f"{level}_name"))
