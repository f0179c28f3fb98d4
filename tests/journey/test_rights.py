"""Every operation, every role, own place, child, parent and sibling: the platform answers as the table says."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from shared.kernel.rights import Role
from tests.journey.reading import text_of
from tests.journey.rights_matrix import (
    EXAMPLES,
    NOBODYS_ID,
    OPEN_TO_ALL,
    Bound,
    Example,
    may,
    operations,
    send,
)
from tests.platform import Platform, of, wait_for

CELL = "420802001013001"
# Where the incident lies is the community; so each stands to it.
PLACES = {
    "own place": ("420802001013", True),
    "child": ("420802001013002", False),
    "parent": ("420802001", True),
    "sibling": ("420802001012", False),
    "no place": (None, False),
}
PEOPLE = [role for role in Role if role is not Role.SERVICE]
# Of those who do not reach the incident one of a role is enough: each kind of them has some roles.
OUTSIDE = [name for name, (_, is_reached) in PLACES.items() if not is_reached]
PASSWORD = "Rain-0ver-Jingmen-test-9"
GIVEN = "Given-by-7-Security"  # to be changed at the first sign-in
WORD = "权限矩阵样例"


@pytest.fixture(scope="session")
def document(platform: Platform) -> dict[str, Any]:
    found: dict[str, Any] = of(httpx.get(f"{platform.url}/openapi.json"), 200)
    return found


@pytest.fixture(scope="session")
def made(platform: Platform) -> dict[str, Any]:
    """Have an incident in the community, reported by somebody none of the askers is."""
    member = platform.as_account("member")
    location = centre_of(member, CELL)
    picture = {"file": ("x.pdf", b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n")}
    file = of(member.post("/files", files=picture), 201)["id"]
    report = {"category": "05", "title": WORD, "location": location, "files": [file]}
    incident = of(member.post("/incidents", json=report), 201)
    house = {"kind": "house", "type": "other", "name": WORD, "location": location}
    record = of(member.post("/register/records", json=house), 201)
    matter = incident["matter_no"]
    district = platform.as_account("district")
    wait_for(
        lambda: district.get(f"/matters/{matter}").status_code == 200,
        within_s=30,
        what="command to hear of the incident",
    )
    return {
        "incident": incident["id"],
        "matter": matter,
        "file": file,
        "record": record["id"],
        "location": location,
        "cell": CELL,
        "community": CELL[:12],
        "word": WORD,
    }


def centre_of(client: httpx.Client, cell: str) -> dict[str, float]:
    """Return a point of a cell."""
    outline = of(client.get(f"/grid/cells/{cell}"), 200)["outline"]["coordinates"][0]
    lon = sum(point[0] for point in outline[:-1]) / (len(outline) - 1)
    lat = sum(point[1] for point in outline[:-1]) / (len(outline) - 1)
    return {"lon": lon, "lat": lat}


@pytest.fixture(scope="session")
def people(platform: Platform) -> Iterator[dict[tuple[Role, str], httpx.Client]]:
    """Have some of every role, at places of every kind."""
    security = platform.as_account("security")
    clients: dict[tuple[Role, str], httpx.Client] = {}
    for number, role in enumerate(PEOPLE):
        for name in places_of(number):
            place, _ = PLACES[name]
            account = f"{role}-{name.replace(' ', '-')}".replace("_", "-")
            right = {"role": role, "place": place}
            order = {"account": account, "name": "例", "password": GIVEN, "rights": [right]}
            of(security.post("/accounts", json=order), 201)
            clients[role, name] = signed_in(platform, account)
    yield clients
    for client in clients.values():
        client.close()


def places_of(number: int) -> list[str]:
    """Return where somebody of the role of this number is."""
    return [
        name for name in PLACES if name not in OUTSIDE or name == OUTSIDE[number % len(OUTSIDE)]
    ]


def signed_in(platform: Platform, account: str) -> httpx.Client:
    """Sign in for the first time, and do what has to be done then."""
    with httpx.Client(base_url=f"{platform.url}/api/v1", timeout=60) as first:
        given = {"username": account, "password": GIVEN}
        tokens = of(first.post("/auth/token", data=given), 200)
        first.headers = bearing(tokens)
        changed = first.post("/auth/password", json={"current": GIVEN, "new": PASSWORD})
        assert changed.status_code == 204, changed.text
        # The first token says of itself that the password has to be changed.
        renewal = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        renewed = of(first.post("/auth/token", data=renewal), 200)
        return httpx.Client(base_url=first.base_url, headers=bearing(renewed), timeout=60)


def bearing(tokens: dict[str, Any]) -> httpx.Headers:
    return httpx.Headers({"Authorization": f"Bearer {tokens['access_token']}"})


def test_every_operation_has_an_example_and_names_what_it_needs(document: dict[str, Any]) -> None:
    found = dict(operations(document))

    assert set(found) == set(EXAMPLES) | OPEN_TO_ALL
    assert {name for name, needed in found.items() if not needed} == OPEN_TO_ALL


def test_every_role_gets_at_every_place_what_the_table_says(
    document: dict[str, Any],
    made: dict[str, Any],
    people: dict[tuple[Role, str], httpx.Client],
) -> None:
    needs = dict(operations(document))
    fresh = count()
    wrong = []
    for number, ((method, path), example) in enumerate(EXAMPLES.items()):
        needed = needs[method, path]
        assert needed
        for (role, place), client in asked(people, example, number):
            names = made | {"new": f"new-{next(fresh)}"}
            is_reached = PLACES[place][1]
            expected = expectation(example.bound, may(role, needed), is_reached)
            got = outcome(client, method, example, names)
            if got != expected:
                wrong.append(f"{method} {path}, {role} at {place}: {got}, not {expected}")
    assert not wrong, "\n".join(wrong)


def asked(
    people: dict[tuple[Role, str], httpx.Client], example: Example, number: int
) -> Iterator[tuple[tuple[Role, str], httpx.Client]]:
    """Yield who is asked to try it: everybody, or somebody of each role where place says nothing.

    Of those each operation takes the next place, so that all are asked of each role.
    """
    by_turns = example.by_turns or example.bound is Bound.NOWHERE
    for turn, role in enumerate(PEOPLE):
        places = places_of(turn)
        for place in [places[(number + turn) % len(places)]] if by_turns else places:
            yield (role, place), people[role, place]


def expectation(bound: Bound, is_permitted: bool, is_reached: bool) -> str:
    if not is_permitted:
        return "not permitted"
    if bound is Bound.NOWHERE or is_reached:
        return "open"
    return "hidden"


def outcome(client: httpx.Client, method: str, example: Example, made: dict[str, Any]) -> str:
    """Return one answer in the words of the table."""
    if example.path == "/stream":
        return _of_stream(client)
    answer = send(client, method, example, made)
    if answer.status_code == 403:
        return _refused(_code(answer), example)
    if example.bound is Bound.IN_LIST and answer.status_code == 200:
        return "open" if made["matter"] in text_of(answer) else "hidden"
    if example.bound in (Bound.BY_ID, Bound.BY_PLACE) and answer.status_code == 404:
        return "hidden"
    return _good(answer)


def _is_open311(answer: httpx.Response) -> bool:
    return "/open311/" in answer.request.url.path


def _code(answer: httpx.Response) -> str:
    """Return why it was refused; Open311 has no word for that but its own."""
    if _is_open311(answer):
        return "not_permitted" if "无权进行这项操作" in answer.text else answer.text
    return str(answer.json()["code"])


def _refused(code: str, example: Example) -> str:
    if code == example.may_refuse:
        return "open"
    return "not permitted" if code == "not_permitted" else "forbidden"


def _good(answer: httpx.Response) -> str:
    """Return "open" for whatever is answered behind the door: also that the example will not do."""
    good = {200, 201, 204, 404, 409, 415, 422} | ({400} if _is_open311(answer) else set())
    is_good = answer.status_code in good
    return "open" if is_good else f"{answer.status_code} {answer.text[:200]}"


def _of_stream(client: httpx.Client) -> str:
    with client.stream("GET", "/stream") as answer:
        if answer.status_code == 403:
            return "not permitted"
        return "open" if answer.status_code == 200 else str(answer.status_code)


def test_what_is_elsewhere_is_answered_like_what_is_nowhere(
    made: dict[str, Any], people: dict[tuple[Role, str], httpx.Client]
) -> None:
    elsewhere = next(
        client
        for (role, place), client in people.items()
        if role is Role.DUTY_OFFICER and place in OUTSIDE
    )
    # The matrix has signed out whom it asked for.
    answers = [
        elsewhere.get(f"/incidents/{incident}").json()
        for incident in (made["incident"], NOBODYS_ID)
    ]
    for answer in answers:
        answer.pop("call_id")
    assert answers[0] == answers[1]
