"""The register at the edge: orders go on in clear to the one who seals them, tables in pages."""

from typing import Any

import pytest

from tests.component.gateway.behind import IMPORT, Toy
from tests.component.gateway.browser import Browser, of, refused, wrong_fields

HOUSE = {"kind": "house", "type": "other", "name": "3栋", "location": {"lon": 112.2, "lat": 31.0}}


def asked(method: str) -> list[dict[str, Any]]:
    return [arguments for _, door, arguments, _ in Toy.asked if door == method]


def send(browser: Browser, content: bytes, kind: str = "house", **headers: str) -> Any:
    return browser.post(
        "/register/imports",
        files={"file": ("a.csv", content)},
        data={"kind": kind},
        headers=headers,
    )


def test_an_order_reaches_the_register_in_clear(member: Browser) -> None:
    personal = {"name": "张三丰", "phone": "13812345678"}
    entered = of(
        member.post("/register/records", json=HOUSE | {"kind": "person", "personal": personal}), 201
    )

    assert entered["id"] == "new"
    [order] = asked("register_record")
    assert order["order"]["personal"]["name"] == "张三丰"


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (HOUSE | {"kind": "ship"}, "kind"),
        (HOUSE | {"colour": "red"}, "colour"),
        (HOUSE | {"personal": {"phone": "call me"}}, "personal.phone"),
        (HOUSE | {"since": "yesterday"}, "since"),
    ],
)
def test_an_order_that_will_not_do_is_refused_by_field(
    member: Browser, order: dict[str, Any], field: str
) -> None:
    assert wrong_fields(member.post("/register/records", json=order)) == {field}
    assert asked("register_record") == []


def test_a_table_goes_on_in_pages(desk: Browser) -> None:
    lines = b"".join(b"%d,other\n" % number for number in range(1, 1201))
    sent = of(send(desk, b"name,type\n" + lines), 201)

    assert sent["id"] == IMPORT
    [begun] = asked("begin_import")
    assert begun["order"] == {"kind": "house", "headings": ["name", "type"], "rows": 1200}
    pages = [each["sent"] for each in asked("add_import_rows")]
    assert [(page["first"], len(page["rows"])) for page in pages] == [
        (1, 500),
        (501, 500),
        (1001, 200),
    ]


def test_what_is_no_table_is_refused_before_the_register_is_asked(desk: Browser) -> None:
    assert refused(send(desk, b"\xff\xfe\xff"), 415)["code"] == "not_a_table"
    assert wrong_fields(send(desk, b"name\n")) == {"file"}
    assert wrong_fields(send(desk, b"name\na\n", kind="ship")) == {"kind"}
    assert asked("begin_import") == []


def test_a_table_is_not_for_a_grid_member(member: Browser) -> None:
    assert refused(send(member, b"name\na\n"), 403)["code"] == "not_permitted"
