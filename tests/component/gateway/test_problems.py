"""Whatever is wrong is told in both languages, and nothing is ever answered with 500."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.gateway.routes.doors import SignedInDoor
from services.gateway.service import Gateway
from tests.component.gateway.behind import PLACE
from tests.component.gateway.browser import Browser, of, refused

AN_ID = "01938c5e-0000-7000-8000-000000000001"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("language", "expected"), [(None, "zh"), ("zh-CN,en;q=0.5", "zh"), ("en-GB,zh;q=0.5", "en")]
)
def test_the_client_chooses_the_language(
    anyone: Browser, language: str | None, expected: str
) -> None:
    headers = {} if language is None else {"Accept-Language": language}
    answer = anyone.send("GET", "/no-such-path", headers=headers)
    body = refused(answer, 404)
    assert body["detail"] == body[expected]
    assert answer.headers["content-language"] == expected
    assert answer.headers["vary"] == "Accept-Language"


def test_fields_are_told_in_both_languages(member: Browser) -> None:
    errors = refused(member.post("/incidents", json={"title": "x"}), 422)["errors"]
    assert {
        "field": "category",
        "code": "missing",
        "zh": "缺少必填字段",
        "en": "Field required",
    } in (errors)


def test_what_was_sent_is_never_quoted(member: Browser) -> None:
    secret = "身份证 420802199001011234"
    report = {"category": secret * 9, "title": "x", "location": secret, "severity": secret}
    answer = member.post("/incidents", json=report)
    refused(answer, 422)
    assert "420802199001011234" not in answer.text


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "HEAD", "OPTIONS", "BREW"])
def test_a_method_that_is_not_there(anyone: Browser, method: str) -> None:
    answer = anyone.send(method, "/healthz")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1",
        "/api/v1/",
        "/api/v1/incidents/",
        "/api/v2/me",
        "/docs",
        "/redoc",
        "//etc/passwd",
        "/api/v1/mediations",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/console/",
    ],
)
def test_a_path_that_is_not_there(anyone: Browser, path: str) -> None:
    assert refused(anyone.send("GET", path), 404)["code"] == "no_such_path"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'"\xed\xa0\x80"',
        b'{"title": "\\ud800"}',
        b'{"title": NaN}',
        b'{"title": Infinity}',
        b'{"title": 1e999}',
        b"[" * 5000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 600 + b"1" + b"}" * 600,
        b"'single'",
        b'{"a": 1,}',
        b'{"a": 01}',
        b"\x00",
        b'{"title": "raw \x00 nul"}',
    ],
)
def test_what_is_no_json_is_malformed(member: Browser, body: bytes) -> None:
    answer = member.post("/incidents", content=body, headers=JSON)
    assert refused(answer, 400)["code"] == "json_malformed"


@pytest.mark.parametrize(
    "body",
    [b"null", b"1", b'"text"', b"[]", b"true", b"99999999999999999999999999", b"[[[[[[]]]]]]"],
)
def test_json_of_another_shape_is_a_wrong_field(member: Browser, body: bytes) -> None:
    refused(member.post("/incidents", content=body, headers=JSON), 422)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/json; charset=gbk",
        "application/jsonx",
        "multipart/form-data; boundary=x",
        "",
    ],
)
def test_another_content_type_is_refused(member: Browser, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    answer = member.post("/incidents", content=b"{}", headers=headers)
    assert refused(answer, 415)["code"] == "media_type"


@pytest.mark.parametrize(
    "content_type", ["application/json", "APPLICATION/JSON", "application/json; charset=UTF-8"]
)
def test_json_is_taken_however_it_is_announced(member: Browser, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    refused(member.post("/incidents", content=b"{}", headers=headers), 422)


def test_too_large_a_body_is_refused_declared_or_not(member: Browser) -> None:
    body = b'{"title": "' + b"x" * (1 << 20) + b'"}'
    assert (
        refused(member.post("/incidents", content=body, headers=JSON), 413)["code"] == "too_large"
    )

    async def unannounced() -> Any:
        for _ in range(40):
            yield b" " * 50_000

    answer = member.post("/incidents", content=unannounced(), headers=JSON)
    assert refused(answer, 413)["code"] == "too_large"


def test_nobody_unknown_makes_the_edge_read(anyone: Browser) -> None:
    answer = anyone.post("/incidents", content=b"{" * 2_000_000, headers=JSON)
    refused(answer, 401)


def test_whoever_sends_too_slowly_is_not_waited_for(
    member: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SignedInDoor, "limit_s", 0.2)

    async def drop_by_drop() -> Any:
        for _ in range(50):
            await asyncio.sleep(0.1)
            yield b" "

    answer = member.post("/incidents", content=drop_by_drop(), headers=JSON)
    assert refused(answer, 503)["code"] == "took_too_long"


@pytest.mark.parametrize("path", ["/incidents?place=a%00b", "/grid/cells/a%00b", "/me?x=%00"])
def test_nul_characters_in_the_address_are_malformed(member: Browser, path: str) -> None:
    assert refused(member.get(path), 400)["code"] == "nul_character"


@pytest.mark.parametrize(
    "path", ["/incidents?place=%ff%fe", "/incidents?place=%ed%a0%80", "/grid/cells/%e7%bd"]
)
def test_bytes_that_are_no_text_do_no_harm(member: Browser, path: str) -> None:
    assert member.get(path).status_code in {200, 404, 422}


def test_every_answer_has_safe_headers(member: Browser, anyone: Browser) -> None:
    for answer in (member.get("/me"), anyone.get("/me"), anyone.send("GET", "/x")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-call-id"]) == 36
        assert "server" not in answer.headers


def test_a_fault_is_told_without_its_trace(app: Gateway, member: Browser) -> None:
    backing = app.state.backing
    broken = type(backing)(
        **{
            name: getattr(backing, name)
            for name in type(backing).__dataclass_fields__
            if name != "desk"
        },
        desk=None,
    )
    app.state.backing = broken
    try:
        answer = member.get(f"/files/{AN_ID}")
    finally:
        app.state.backing = backing
    body = refused(answer, 503)
    assert body["code"] == "internal_fault"
    assert answer.headers["x-call-id"] in body["en"]
    assert "Traceback" not in answer.text
    assert "NoneType" not in answer.text


ROUTES = [
    ("POST", "/incidents"),
    ("POST", f"/incidents/{AN_ID}/accept"),
    ("POST", "/grid/locate"),
    ("PUT", "/grid/cells/4/officers"),
    ("POST", "/grid/boundaries/1/activate"),
    ("POST", "/auth/token"),
    ("POST", "/files"),
    ("POST", "/command/deadletters/grid:x/replay"),
]
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "\x00", "nan", "1e999", "2026-13-45T00:00:00Z", "99999999999"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "category",
                    "title",
                    "location",
                    "lon",
                    "lat",
                    "crs",
                    "points",
                    "at",
                    "files",
                    "officers",
                    "account",
                    "name",
                    "note",
                    "observed_at",
                    "severity",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
often = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def told(answer: Any) -> None:
    """See that an answer is a good one, or a refusal that says why."""
    if answer.status_code >= 400:
        body = refused(answer, answer.status_code)
        assert answer.status_code in {400, 401, 403, 404, 405, 409, 413, 415, 422}, body
    else:
        assert answer.status_code in {200, 201, 204, 304}


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


_OF_ADMINISTRATORS = ("/command/deadletters", "/command/rebuild", "/grid/boundaries")


class Insiders:
    """Two who together may do everything that is tried here: nothing ends at the door."""

    def __init__(self, desk: Browser, admin: Browser) -> None:
        self._desk = desk
        self._admin = admin

    def for_path(self, path: str) -> Browser:
        is_admins = path.startswith(_OF_ADMINISTRATORS) or path.endswith("/officers")
        return self._admin if is_admins else self._desk


@pytest.fixture(scope="module")
def insiders(desk: Browser, admin: Browser) -> Insiders:
    return Insiders(desk, admin)


@often
@given(st.sampled_from(ROUTES), anything)
def test_no_json_breaks_the_edge(insiders: Insiders, route: tuple[str, str], value: Any) -> None:
    method, path = route
    told(
        insiders.for_path(path).send(method, f"/api/v1{path}", content=as_json(value), headers=JSON)
    )


@often
@given(
    st.sampled_from(ROUTES),
    st.binary(max_size=300),
    st.sampled_from(
        [
            "application/json",
            "multipart/form-data; boundary=b",
            "application/x-www-form-urlencoded",
            "text/html",
        ]
    ),
)
def test_no_bytes_break_the_edge(
    insiders: Insiders, route: tuple[str, str], body: bytes, content_type: str
) -> None:
    method, path = route
    headers = {"Content-Type": content_type}
    told(insiders.for_path(path).send(method, f"/api/v1{path}", content=body, headers=headers))


LISTS = [
    "/incidents",
    "/grid/locate",
    "/grid/divisions",
    "/command/board",
    "/grid/cells/1",
    "/command/deadletters",
]
NAMES = ["place", "state", "limit", "cursor", "lon", "lat", "crs", "at", "open", "period"]


@often
@given(
    st.sampled_from(LISTS),
    st.dictionaries(
        st.sampled_from([*NAMES, "reported_from", "reported_to", "parent"]) | st.text(max_size=4),
        st.text(max_size=30) | st.integers().map(str) | st.floats().map(str),
        max_size=5,
    ),
)
def test_no_query_breaks_the_edge(insiders: Insiders, path: str, params: dict[str, str]) -> None:
    told(insiders.for_path(path).get(path, params=params))


@often
@given(st.sampled_from(["/incidents", "/grid/cells", "/files", "/matters"]), st.text(max_size=40))
def test_no_path_breaks_the_edge(desk: Browser, path: str, rest: str) -> None:
    told(desk.get(f"{path}/{quote(rest, safe='')}"))


@often
@given(
    st.sampled_from(
        [
            "Authorization",
            "Idempotency-Key",
            "Last-Event-ID",
            "Accept-Language",
            "If-None-Match",
            "Content-Type",
            "X-Call-Id",
            "Content-Length",
        ]
    ),
    st.binary(max_size=60),
)
@example(name="Content-Length", value="²".encode("latin-1"))
@example(name="Content-Length", value=b"9" * 5000)
def test_no_header_breaks_the_edge(desk: Browser, name: str, value: bytes) -> None:
    clean = bytes(byte for byte in value if byte not in b"\r\n\x00")
    headers: Any = {
        **{k.encode(): v.encode() for k, v in desk.headers.items()},
        name.encode(): clean,
    }
    unsigned = Browser(desk.app)
    told(unsigned.post(f"/incidents/{AN_ID}/accept", headers=headers, content=b""))
    told(unsigned.get("/incidents/categories", headers=headers))


def test_after_all_that_it_still_works(member: Browser) -> None:
    assert of(member.get("/grid/locate", params={"lon": 112.2, "lat": 31.0}), 200) == PLACE
