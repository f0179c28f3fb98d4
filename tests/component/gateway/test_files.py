"""Files over HTTP: uploaded, cleaned, kept once, given out again."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from services.gateway.service import Gateway
from services.gateway.store.tables import file_table
from shared.kernel.actor import PLATFORM
from shared.kernel.clock import china_now
from shared.kernel.errors import NotFound, Unavailable
from shared.runtime.database import ServiceDatabase
from tests.component.gateway.behind import AWAY, Toy
from tests.component.gateway.browser import Browser, of, refused, wrong_fields
from tests.component.gateway.edge_settings import EdgeSettings
from tests.unit.gateway.files.uploads import A_PDF, SECRET, a_picture, a_video
from tests.unit.gateway.loop import run


def files_in(database: ServiceDatabase) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM file").scalar_one())


def blobs_in(settings: EdgeSettings) -> set[str]:
    return {path.name for path in (settings.data / "blobs").rglob("*") if path.is_file()}


def upload(browser: Browser, content: bytes, name: str = "x", **options: Any) -> Any:
    return browser.post("/files", files={"file": (name, content)}, **options)


@pytest.mark.parametrize(
    ("content", "media_type", "extension"),
    [
        (a_picture("JPEG"), "image/jpeg", "jpg"),
        (a_picture("PNG"), "image/png", "png"),
        (a_picture("WEBP"), "image/webp", "webp"),
        (A_PDF, "application/pdf", "pdf"),
        (a_video(), "video/mp4", "mp4"),
    ],
)
def test_a_file_comes_back_without_its_metadata(
    member: Browser, content: bytes, media_type: str, extension: str
) -> None:
    kept = of(upload(member, content, name="家.exe"), 201)
    assert set(kept) == {"id", "sha256", "media_type", "size", "uploaded_at"}
    assert kept["media_type"] == media_type

    given = member.get(f"/files/{kept['id']}")

    assert given.status_code == 200
    assert hashlib.sha256(given.content).hexdigest() == kept["sha256"]
    assert len(given.content) == kept["size"] == int(given.headers["content-length"])
    assert SECRET not in given.content
    assert given.headers["content-type"] == media_type
    assert given.headers["x-content-type-options"] == "nosniff"
    assert given.headers["content-disposition"] == (
        f'attachment; filename="{kept["id"]}.{extension}"'
    )
    known = {"If-None-Match": given.headers["etag"]}
    assert member.get(f"/files/{kept['id']}", headers=known).status_code == 304


def test_anothers_file_comes_with_an_incident_that_holds_it(member: Browser, desk: Browser) -> None:
    kept = of(upload(member, a_picture("PNG")), 201)
    path = f"/files/{kept['id']}"
    # The small patrol's incidents hold the file of their own id.
    another = of(upload(member, a_picture("JPEG")), 201)["id"]

    assert refused(desk.get(path), 404)["code"] == "no_such_thing"
    assert refused(desk.get(path, params={"of": another}), 404)["code"] == "no_such_thing"
    assert desk.get(path, params={"of": kept["id"]}).status_code == 200
    Toy.refusals["incident"] = NotFound(code="no_such_incident", zh="没有", en="none")
    assert refused(desk.get(path, params={"of": kept["id"]}), 404)["code"] == "no_such_incident"


def test_content_counts_not_name_or_declared_type(member: Browser) -> None:
    script = {"file": ("photo.jpg", b"<script>alert(1)</script>", "image/jpeg")}
    assert refused(member.post("/files", files=script), 415)["code"] == "file_kind"


def test_a_broken_file_is_refused(member: Browser) -> None:
    assert refused(upload(member, a_picture()[:400]), 415)["code"] == "file_broken"


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(member: Browser) -> None:
    limit = 1 << 20
    longest = A_PDF[:-7] + b" " * (limit - len(A_PDF)) + A_PDF[-7:]
    assert len(longest) == limit
    assert of(upload(member, longest), 201)["size"] == limit
    assert refused(upload(member, longest + b"\n"), 413)["code"] == "too_large"


def test_the_same_key_and_bytes_are_kept_once(member: Browser, database: ServiceDatabase) -> None:
    before = files_in(database)
    key = {"Idempotency-Key": "one photo"}
    first = of(upload(member, a_picture(), headers=key), 201)
    again = of(upload(member, a_picture(), headers=key), 201)
    assert first == again

    other = upload(member, a_picture("PNG"), headers=key)
    assert refused(other, 422)["code"] == "idempotency_key_reused"
    assert files_in(database) == before + 1


def test_without_a_key_the_same_bytes_are_two_files(member: Browser) -> None:
    first, again = (of(upload(member, a_picture()), 201) for _ in range(2))
    assert first["id"] != again["id"]
    assert first["sha256"] == again["sha256"]


def test_exactly_one_file_at_a_time(member: Browser) -> None:
    none = member.post("/files", data={"note": "x"}, files={"file": (None, b"text")})
    assert wrong_fields(none) == {"file"}
    two = [("file", ("a", A_PDF)), ("file", ("b", A_PDF))]
    assert wrong_fields(member.post("/files", files=two)) == {"file"}


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("", b"", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=x", b"", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n", 400),
        ("multipart/form-data; boundary=x", b"nonsense", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno header\r\n--x--", 400),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut',
            400,
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--x--\r\n',
            400,
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: " + b"a" * 9000 + b"\r\n\r\nx\r\n--x--\r\n",
            400,
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="t"\r\n\r\n1\r\n' * 101 + b"--x--\r\n",
            400,
        ),
    ],
)
def test_what_is_no_upload_is_refused(
    member: Browser, content_type: str, body: bytes, status: int
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    refused(member.post("/files", content=body, headers=headers), status)


def test_files_there_are_not(member: Browser) -> None:
    missing = "01938c5e-0000-7000-8000-000000000001"
    assert refused(member.get(f"/files/{missing}"), 404)["code"] == "no_such_thing"
    refused(member.get("/files/..%2f..%2fetc%2fpasswd"), 404)
    assert wrong_fields(member.get("/files/nonsense")) == {"file_id"}


def test_nobody_gets_files_without_signing_in(anyone: Browser, member: Browser) -> None:
    kept = of(upload(member, A_PDF), 201)
    refused(anyone.get(f"/files/{kept['id']}"), 401)
    refused(upload(anyone, A_PDF), 401)


def test_nothing_is_left_behind(member: Browser, settings: EdgeSettings) -> None:
    before = blobs_in(settings)
    kept = of(upload(member, a_video(extra=b"\x00\x00\x00\x0cmdatmore")), 201)
    refused(upload(member, b"nonsense"), 415)
    refused(upload(member, a_picture()[:400]), 415)
    assert blobs_in(settings) - before == {kept["sha256"]}


def test_old_ones_are_asked_about_in_the_platforms_name_and_only_an_answer_lets_one_go(
    app: Gateway, member: Browser, database: ServiceDatabase
) -> None:
    old = [of(upload(member, a_picture()), 201)["id"] for _ in range(2)]
    of(upload(member, a_picture()), 201)
    with database.writing() as connection:
        long_ago = china_now() - timedelta(days=31)
        is_old = file_table.c.id.in_(old)
        connection.execute(update(file_table).where(is_old).values(uploaded_at=long_ago))

    def going() -> list[str]:
        with database.reading() as connection:
            asked = select(file_table.c.id).where(file_table.c.going_at.is_not(None))
            return list(connection.scalars(asked))

    Toy.refusals["named_files"] = AWAY
    with pytest.raises(Unavailable):
        run(app.state.forgetter.forget())
    assert going() == []
    Toy.refusals.clear()
    Toy.asked.clear()

    assert run(app.state.forgetter.forget()) == 0

    [(service, method, arguments, call)] = list(Toy.asked)
    assert (service, method, arguments) == ("patrol", "named_files", {"file_ids": sorted(old)})
    assert call.actor == PLATFORM
    # The small patrol names the first.
    assert going() == sorted(old)[1:]
    # It is his all the same, until it is gone.
    assert member.get(f"/files/{going()[0]}").status_code == 200
