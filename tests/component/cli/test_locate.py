import csv
import io
from pathlib import Path

import pytest

from tests.component.cli.commands import Ended, Shell
from tests.component.cli.edge import BUSY, CUT_BEFORE, Edge

COLUMNS = "status,distance_m,cell,community,street,district,boundary_version,reason"
TEXT = "名称,经度,纬度\n甲,101.5,31.0\n乙,120.5,31.0\n丙,10,31.0\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "in.csv"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.csv"


def locate(wangge: Shell, source: Path | str, target: Path | str, *more: str) -> Ended:
    columns = ("--lon-column", "经度", "--lat-column", "纬度")
    given = source.read_bytes() if isinstance(source, Path) and more[:1] == ("<",) else b""
    name = "-" if given else str(source)
    ended = wangge.run("locate-csv", name, str(target), *columns, *more[bool(given) :], stdin=given)
    assert "Traceback" not in ended.err, ended.err
    return ended


def rows(content: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content), delimiter=delimiter))


class TestLocateCsv:
    def test_appends_where_each_point_lies(self, wangge: Shell, source: Path, target: Path) -> None:
        source.write_text(TEXT, "utf-8")

        ended = locate(wangge, source, target)

        assert ended.code == 0
        assert target.read_text("utf-8").splitlines() == [
            f"名称,经度,纬度,{COLUMNS}",
            "甲,101.5,31.0,inside,0.00,101,101,101,420802,3,",
            "乙,120.5,31.0,snapped,12.35,119,119,119,420802,3,",
            "丙,10,31.0,outside,,,,,,3,",
        ]
        assert "inside 1  snapped 1  outside 1" in ended.out

    def test_asks_in_batches_and_keeps_the_order(
        self, edge: Edge, wangge: Shell, source: Path, target: Path
    ) -> None:
        points = [(f"p{n}", 100 + n % 20 + 0.5) for n in range(20_001)]
        lines = [f"{name},{lon},31" for name, lon in points]
        lines[5] = "bad,east,31"
        source.write_text("名称,经度,纬度\n" + "\n".join(lines) + "\n", "utf-8")

        assert locate(wangge, source, target).code == 0

        assert edge.asked == ["/grid/locate"] * 3
        answered = rows(target.read_text("utf-8"))
        assert [row["名称"] for row in answered] == [line.split(",")[0] for line in lines]
        wanted = [str(int(lon)) for _, lon in points]
        assert [row["cell"] for row in answered if row["status"] != "error"] == [
            *wanted[:5],
            *wanted[6:],
        ]

    def test_says_why_of_each_bad_row_and_answers_the_others(
        self, wangge: Shell, source: Path, target: Path
    ) -> None:
        lines = ["a,,31", "b,x,y", "c,31,112", "d,101.5", 'e,"101.5"x,31', "f,nan,31", "g,101.5,31"]
        source.write_text("名称,经度,纬度\n" + "\n".join(lines) + "\n", "utf-8")

        ended = locate(wangge, source, target)

        answered = rows(target.read_text("utf-8"))
        assert ended.code == 0
        assert [row["status"] for row in answered] == ["error"] * 6 + ["inside"]
        assert answered[0]["reason"] == "经度: 为空 · is empty"
        assert "经度: “x”不是十进制度数" in answered[1]["reason"]
        assert "纬度: “y”不是十进制度数" in answered[1]["reason"]
        assert "纬度: 纬度 112.0 不在 −90 至 90 度之间" in answered[2]["reason"]
        assert "2 cells, the header 3" in answered[3]["reason"]
        assert "CSV" in answered[4]["reason"]
        assert answered[6]["reason"] == ""
        assert locate(wangge, source, target, "--strict").code == 1

    def test_blames_the_point_the_platform_refuses_and_no_other(
        self, edge: Edge, wangge: Shell, source: Path, target: Path
    ) -> None:
        edge.refuse_point = 107.25
        lines = [f"p{n},{107.25 if n == 13 else 101.5},31" for n in range(40)]
        source.write_text("名称,经度,纬度\n" + "\n".join(lines) + "\n", "utf-8")

        assert locate(wangge, source, target).code == 0

        statuses = [row["status"] for row in rows(target.read_text("utf-8"))]
        assert statuses == ["inside"] * 13 + ["error"] + ["inside"] * 26

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_writes_as_it_read(
        self, wangge: Shell, source: Path, target: Path, encoding: str
    ) -> None:
        text = TEXT.replace(",", ";").replace("\n", "\r\n")
        source.write_bytes(text.encode(encoding))

        assert locate(wangge, source, target).code == 0

        written = target.read_bytes()
        assert written.startswith("名称;经度;纬度;status;".encode(encoding))
        assert written.count(b"\r\n") == 4
        assert rows(written.decode(encoding), ";")[0]["cell"] == "101"

    def test_reads_the_standard_input_and_writes_the_standard_output(
        self, wangge: Shell, source: Path
    ) -> None:
        source.write_text(TEXT, "utf-8")

        ended = locate(wangge, source, "-", "<")

        assert [row["status"] for row in rows(ended.out)] == ["inside", "snapped", "outside"]
        assert "3 行 rows" in ended.err

    def test_may_write_over_what_it_reads(self, wangge: Shell, source: Path) -> None:
        source.write_text(TEXT, "utf-8")

        assert locate(wangge, source, source).code == 0
        assert len(rows(source.read_text("utf-8"))) == 3

        again = locate(wangge, source, source)
        assert again.code == 1
        assert "--prefix" in again.err
        assert locate(wangge, source, source, "--prefix", "v2_").code == 0
        assert rows(source.read_text("utf-8"))[0]["v2_cell"] == "101"

    @pytest.mark.parametrize("trouble", [BUSY, CUT_BEFORE])
    def test_waits_while_the_platform_is_away(
        self, edge: Edge, wangge: Shell, source: Path, target: Path, trouble: str
    ) -> None:
        edge.troubles.extend([trouble] * 3)
        source.write_text(TEXT, "utf-8")

        assert locate(wangge, source, target).code == 0
        assert len(rows(target.read_text("utf-8"))) == 3


class TestLocateCsvFails:
    def test_and_leaves_no_half_a_file(
        self, edge: Edge, wangge: Shell, source: Path, target: Path
    ) -> None:
        edge.is_ready = False
        edge.troubles.extend(["", *[BUSY] * 1000])
        source.write_text("名称,经度,纬度\n" + "a,101.5,31\n" * 10_001, "utf-8")
        target.write_text("what was there", "utf-8")

        ended = locate(wangge, source, target, "--patience", "0.3")

        assert ended.code == 1
        assert "503" in ended.err
        assert target.read_text("utf-8") == "what was there"
        assert sorted(path.name for path in target.parent.iterdir()) == ["in.csv", "out.csv"]

    def test_and_writes_nothing_half_to_the_standard_output(
        self, edge: Edge, wangge: Shell, source: Path
    ) -> None:
        edge.is_ready = False
        edge.troubles.extend(["", *[BUSY] * 1000])
        source.write_text("名称,经度,纬度\n" + "a,101.5,31\n" * 10_001, "utf-8")

        ended = locate(wangge, source, "-", "--patience", "0.3")

        assert (ended.code, ended.out) == (1, "")

    def test_when_no_row_could_be_located(self, wangge: Shell, source: Path, target: Path) -> None:
        source.write_text("名称,经度,纬度\na,x,31\n", "utf-8")

        assert locate(wangge, source, target).code == 1
        assert rows(target.read_text("utf-8"))[0]["status"] == "error"

    def test_where_a_column_is_missing(self, wangge: Shell, source: Path, target: Path) -> None:
        source.write_text("名称,X,纬度\na,1,31\n", "utf-8")

        ended = locate(wangge, source, target)

        assert ended.code == 1
        assert "没有列 经度" in ended.err
        assert "名称, X, 纬度" in ended.err
        assert not target.exists()

    @pytest.mark.parametrize(
        ("more", "told"),
        [
            (("--at", "yesterday"), "--at yesterday"),
            (("--crs", "wgs48"), "wgs48"),
            (("--encoding", "utf-9"), "utf-9"),
            (("--url", "127.0.0.1:8080"), "--url"),
            (("--url", "http://127.0.0.1:1", "--patience", "0"), "wangge run"),
        ],
    )
    def test_where_an_option_is_wrong(
        self, wangge: Shell, source: Path, target: Path, more: tuple[str, ...], told: str
    ) -> None:
        source.write_text(TEXT, "utf-8")

        ended = locate(wangge, source, target, *more)

        assert ended.code != 0
        assert told in ended.err
        assert not target.exists()
