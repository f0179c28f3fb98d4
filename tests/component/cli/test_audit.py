"""`wangge audit`: a trail taken out, checked without a database, and where it ends."""

from pathlib import Path

import orjson
import pytest

from shared.kernel.actor import Actor
from shared.kernel.audit_chain import BEGINNING, digest_of
from shared.kernel.clock import china_now
from shared.runtime import anchors, audit
from shared.runtime.call import Call
from shared.runtime.database import ServiceDatabase
from shared.runtime.settings import Settings
from shared.runtime.work import Work
from tests.component.cli.commands import Shell

ROWS = 5


@pytest.fixture
def audited(wangge: Shell, empty_schemas: Settings) -> Shell:
    """Give a shell whose patrol has a trail of some rows."""
    if empty_schemas.credentials is not None:
        wangge.environment["WANGGE_CREDENTIALS"] = str(empty_schemas.credentials)
    else:
        wangge.environment["WANGGE_DATA"] = str(empty_schemas.data)
    assert wangge.run("migrate").code == 0
    database = ServiceDatabase(empty_schemas, "patrol")
    for _ in range(ROWS):
        work = Work(database)
        audit.note(work, Call(actor=Actor(account="li")), "patrol.take_step")
        work.keep()
    database.close()
    return wangge


@pytest.fixture
def exported(audited: Shell, tmp_path: Path) -> Path:
    file = tmp_path / "patrol.jsonl"
    ended = audited.run("audit", "export", "patrol", "--to", str(file))
    assert ended.code == 0, ended.err
    assert f"{ROWS} 条" in ended.out
    return file


def test_a_whole_trail_is_found_whole(audited: Shell, exported: Path) -> None:
    head = audited.run("audit", "head", "patrol").out.split()[1]

    ended = audited.run("audit", "verify", str(exported), "--anchor", head)

    assert ended.code == 0, ended.err
    assert "完整" in ended.out
    assert head in ended.out


def test_all_trails_of_a_folder_are_checked_against_anchors_kept_elsewhere(
    audited: Shell, empty_schemas: Settings, tmp_path: Path
) -> None:
    folder, kept = tmp_path / "trails", tmp_path / "anchors.jsonl"
    assert audited.run("audit", "export", "--to", str(folder)).code == 0
    rows = [orjson.loads(line) for line in (folder / "patrol.jsonl").read_bytes().splitlines()]
    anchor = anchors.Anchor(
        service="patrol",
        number=3,
        digest=rows[2]["digest"],
        algorithm="sha256",
        at=china_now(),
    )
    kept.write_bytes(anchor.line)
    database = ServiceDatabase(empty_schemas, "command")
    with database.writing() as connection:
        anchors.keep(connection, anchor)
    database.close()

    for given in (["--anchors", str(kept)], ["--kept"]):
        ended = audited.run("audit", "verify", str(folder), *given)
        assert ended.code == 0, ended.err
        assert "锚点至 · anchored up to 3" in ended.out

    rows[1]["account"], previous = "wang", BEGINNING
    for row in rows:
        previous = row["digest"] = digest_of(previous, row)
    (folder / "patrol.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))

    assert audited.run("audit", "verify", str(folder)).code == 0
    for given in (["--anchors", str(kept)], ["--kept"]):
        ended = audited.run("audit", "verify", str(folder), *given)
        assert ended.code == 1
        assert "patrol 3: 与另存的摘要不符" in ended.err


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "没有锚点"), (b"{}\n", "不是锚点文件"), (None, "无法读取")]
)
def test_a_file_without_anchors_is_said_in_words(
    wangge: Shell, tmp_path: Path, content: bytes | None, said: str
) -> None:
    (tmp_path / "trail.jsonl").touch()
    if content is not None:
        (tmp_path / "anchors").write_bytes(content)

    ended = wangge.run(
        "audit", "verify", str(tmp_path / "trail.jsonl"), "--anchors", str(tmp_path / "anchors")
    )

    assert ended.code == 1
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_changed_row_is_named(audited: Shell, exported: Path) -> None:
    rows = [orjson.loads(line) for line in exported.read_bytes().splitlines()]
    rows[2]["account"] = "wang"
    exported.write_bytes(b"\n".join(map(orjson.dumps, rows)))

    ended = audited.run("audit", "verify", str(exported))

    assert ended.code == 1
    assert "3: 摘要不符" in ended.err


def test_an_end_cut_off_shows_against_the_head(audited: Shell, exported: Path) -> None:
    head = audited.run("audit", "head", "patrol").out.split()[1]
    exported.write_bytes(b"".join(exported.read_bytes().splitlines(keepends=True)[:-1]))

    assert audited.run("audit", "verify", str(exported)).code == 0
    ended = audited.run("audit", "verify", str(exported), "--anchor", head)

    assert ended.code == 1
    assert "末尾被截去" in ended.err


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{}\nno json", "第 2 行"), (b"[1]", "第 1 行"), (None, "无法读取")],
)
def test_what_is_no_trail_is_said_in_words(
    wangge: Shell, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "trail.jsonl"
    if content is not None:
        file.write_bytes(content)

    ended = wangge.run("audit", "verify", str(file))

    assert ended.code == 1
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_an_anchor_that_is_none_is_said_in_words(wangge: Shell, tmp_path: Path) -> None:
    (tmp_path / "trail.jsonl").touch()

    ended = wangge.run("audit", "verify", str(tmp_path / "trail.jsonl"), "--anchor", "12")

    assert ended.code == 1
    assert "编号:摘要" in ended.err


def test_an_unknown_service_is_said_in_words(wangge: Shell, tmp_path: Path) -> None:
    ended = wangge.run("audit", "export", "nobody", "--to", str(tmp_path / "x"))

    assert ended.code == 1
    assert "patrol" in ended.err
