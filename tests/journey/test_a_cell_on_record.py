"""A grid member puts a house and a lodger on record, the desk imports a table, and each sees what he may."""

from typing import Any

import httpx
import pytest

from shared.kernel.ids import new_id
from tests.builders.register import a_citizen_number
from tests.journey.test_rights import CELL, centre_of
from tests.platform import Platform, of, wait_for

COMMUNITY = CELL[:12]
WHY = {"reason": "入户核实"}


@pytest.fixture
def location(platform: Platform) -> dict[str, float]:
    return centre_of(platform.as_account("district"), CELL)


def serial() -> str:
    """Return three digits nobody else in this platform has taken, most likely."""
    return f"{int(new_id()[-6:], 16) % 1000:03}"


def enter(client: httpx.Client, **said: Any) -> dict[str, Any]:
    entered: dict[str, Any] = of(client.post("/register/records", json=said), 201)
    return entered


def test_a_lodger_is_entered_changed_moved_and_gone(
    platform: Platform, location: dict[str, float]
) -> None:
    member, desk = platform.as_account("member"), platform.as_account("district")
    house = enter(member, kind="house", type="self_built", name="12号院", location=location)
    number = a_citizen_number(born="19900101", serial=serial())
    person = {"name": "王小明", "id_number": number, "phone": "13900002222"}
    lodger = enter(member, kind="person", type="floating", house_id=house["id"], personal=person)
    path = f"/register/records/{lodger['id']}"

    assert lodger["place"]["cell"]["code"] == CELL
    assert lodger["personal"]["name"] == "王*"
    listed = of(member.get("/register/records", params={"kind": "person", "place": CELL}), 200)
    assert lodger["id"] in [item["id"] for item in listed["items"]]
    assert of(member.post(f"{path}/personal", json=WHY), 200)["personal"] == person | {
        "address": None
    }
    change = {"version": 1, "type": "registered"}
    assert of(member.put(path, json=change), 200)["version"] == 2
    assert of(member.put(path, json=change), 409)["code"] == "changed_meanwhile"

    attention = {"version": 0, "reason": "列管", "attention": [{"kind": "released"}]}
    of(member.put(f"{path}/attention", json=attention), 403)
    of(desk.put(f"{path}/attention", json=attention), 200)
    assert "released" not in member.get(path).text
    assert of(desk.post(f"{path}/fenced", json=WHY), 200)["attention"][0]["kind"] == "released"

    gone = of(member.post(f"{path}/leave", json={"version": 2, "how": "left"}), 200)
    assert gone["state"] == "left"
    noted = platform.as_account("auditor").get(
        "/audit", params={"service": "register", "about": lodger["id"]}
    )
    actions = {item["action"] for item in of(noted, 200)["items"]}
    assert {"register.personal", "register.fenced", "register.set_attention"} <= actions


def test_a_table_is_checked_confirmed_and_counted(
    platform: Platform, location: dict[str, float]
) -> None:
    desk = platform.as_account("district")
    mark = serial()
    lines = [
        f"{name},public_utility,{mark}-{number},{location['lon']},{location['lat']}"
        for number, name in enumerate(("路灯", "井盖", "消火栓"))
    ]
    table = "\n".join(["名称,类型,编号,经度,纬度", *lines]).encode("gb18030")

    def counted() -> int:
        page = of(desk.get("/register/counts", params={"place": COMMUNITY, "limit": "200"}), 200)
        return sum(item["facility"] for item in page["items"])

    def sent(content: bytes) -> dict[str, Any]:
        files, data = {"file": ("部件.csv", content)}, {"kind": "facility"}
        found: dict[str, Any] = of(desk.post("/register/imports", files=files, data=data), 201)
        return found

    before = counted()
    wrong = sent(table + b"\n,other,,0,0")
    assert (wrong["state"], wrong["wrong"]) == ("refused", 1)
    [told] = of(desk.get(f"/register/imports/{wrong['id']}/errors"), 200)["items"]
    assert {error["field"] for error in told["errors"]} == {"name", "source_no"}
    of(desk.post(f"/register/imports/{wrong['id']}/confirm"), 409)
    assert counted() == before

    for expected in ("created", "same"):
        good = sent(table)
        of(desk.post(f"/register/imports/{good['id']}/confirm"), 200)
        path = f"/register/imports/{good['id']}"
        wait_for(
            lambda path=path: of(desk.get(path), 200)["state"] == "done",  # type: ignore[misc]
            within_s=30,
            what="the import to be written",
        )
        assert of(desk.get(path), 200)["became"] == {expected: 3}
    assert counted() == before + 3
