"""What is entered into the register: a person, a house, a unit, with good defaults."""

from datetime import date
from typing import Any

from stdnum.cn import ric, uscc

from services.register.domain.record import Record
from shared.contracts.register import RecordPersonalData
from shared.kernel.ids import new_id
from shared.kernel.personal_data import PersonName
from tests.builders.incident import NOW
from tests.builders.place import a_place
from tests.component.district import CELLS, a_point_in


def a_citizen_number(born: str = "19850412", serial: str = "123") -> str:
    """Return an identity number with its check digit (GB 11643-1999)."""
    return f"420802{born}{serial}" + str(ric.calc_check_digit(f"420802{born}{serial}0"))


def a_credit_code(of: str = "MA48XXXX1") -> str:
    """Return a unified social credit code with its check character (GB 32100-2015)."""
    return f"91420802{of}" + str(uscc.calc_check_digit(f"91420802{of}"))


def a_record(**changed: Any) -> Record:
    """Return a record as the register keeps it: a person on record since 2020."""
    said: dict[str, Any] = {
        "record_id": new_id(),
        "kind": "person",
        "version": 1,
        "state": "present",
        "name": None,
        "type": "registered",
        "source_no": None,
        "credit_code": None,
        "rented": None,
        "personal": RecordPersonalData(name=PersonName("李四光")),
        "house_id": None,
        "lon": 112.2,
        "lat": 31.0,
        "place": a_place(),
        "since": date(2020, 1, 1),
        "updated_at": NOW,
    }
    return Record(**said | changed)


def _location(cell: str) -> dict[str, Any]:
    point = a_point_in(cell)
    return {"lon": point.lon, "lat": point.lat}


def a_person(cell: str = CELLS[0], **said: Any) -> dict[str, Any]:
    """Return an order that enters a person at a point of a cell."""
    personal = {"name": "张三丰", "id_number": a_citizen_number(), "phone": "13812345678"}
    order = {"kind": "person", "type": "registered", "location": _location(cell)}
    return order | {"personal": personal | said.pop("personal", {})} | said


def a_house(cell: str = CELLS[0], **said: Any) -> dict[str, Any]:
    """Return an order that enters a house."""
    personal = {"address": "荆门市东宝区泉口街道象山大道12号"}
    order = {"kind": "house", "type": "commercial", "name": "3栋2单元501", "rented": True}
    return order | {"location": _location(cell), "personal": personal} | said


def a_unit(cell: str = CELLS[0], **said: Any) -> dict[str, Any]:
    """Return an order that enters a private company."""
    order = {"kind": "unit", "type": "non_public_economic", "name": "象山五金店"}
    return order | {"credit_code": a_credit_code(), "location": _location(cell)} | said
