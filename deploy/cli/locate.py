"""`wangge locate-csv`: a table of points gets the cell of each."""

import csv
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from deploy.cli import screen
from deploy.cli.api_client import Api
from deploy.cli.cannot_do import CannotDo
from deploy.cli.connection import DEFAULT_URL, Account, PatienceSeconds, Url, connected
from deploy.cli.csv_options import Delimiter, Encoding
from deploy.cli.csv_table import CsvTable, opened_csv
from deploy.cli.locate_rows import COLUMNS, ORDER_SHOWN, Question, Tally, located
from deploy.cli.whole_file import written_whole
from shared.kernel.clock import CHINA
from shared.kernel.coordinates import Crs

STANDARD_OUTPUT = "-"


def locate_csv(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="CSV 文件，“-”为标准输入 · or - for stdin")
    ],
    target: Annotated[
        str, typer.Argument(metavar="OUT", help="结果文件，“-”为标准输出 · or - for stdout")
    ],
    lon_column: Annotated[str, typer.Option(help="经度列 · the column with the longitude")],
    lat_column: Annotated[str, typer.Option(help="纬度列 · the column with the latitude")],
    crs: Annotated[Crs, typer.Option(help="坐标系 · the coordinates' system")] = Crs.WGS84,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="按当时的边界；无时区则为北京时间 · by the boundary in force then; China's time unless it has an offset",
        ),
    ] = None,
    prefix: Annotated[
        str, typer.Option(help="新增列名的前缀 · goes before the names of the new columns")
    ] = "",
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="有错误行则退出码为 1 · exit with 1 when any row failed"),
    ] = False,
    patience: PatienceSeconds = 60,
    url: Url = DEFAULT_URL,
    account: Account = "admin",
) -> None:
    """为 CSV 中每个点查出所在网格 · find the cell of each point in a CSV file.

    在各行之后追加 status、distance_m、cell、community、street、district、boundary_version、reason 列。
    坏行的 status 为 error，reason 说明原因，不影响其他行。
    Appends these columns; a bad row has the status "error" and a reason, and stops no other.

    例 · example:

    wangge locate-csv points.csv located.csv --lon-column 经度 --lat-column 纬度 --crs gcj02
    """
    moment = _moment(at)
    with opened_csv(source, encoding=encoding, delimiter=delimiter) as table:
        question = Question(
            lon=(lon_column, table.column(lon_column)),
            lat=(lat_column, table.column(lat_column)),
            crs=crs,
            at=moment,
        )
        names = _new_names(table, prefix)
        tally, began = Tally(), time.monotonic()
        with connected(url, account, patience_s=patience) as api, _output(target) as file:
            _write(table, names, question, api, tally, file)
    _summary(tally, time.monotonic() - began, to_stderr=target == STANDARD_OUTPUT)
    _check_outcome(tally, strict=strict)


def _write(
    table: CsvTable, names: list[str], question: Question, api: Api, tally: Tally, file: BinaryIO
) -> None:
    text = io.TextIOWrapper(
        file, encoding=table.form.output_encoding, errors="surrogateescape", newline=""
    )
    writer = csv.writer(text, delimiter=table.form.delimiter, lineterminator=table.form.line_end)
    writer.writerow([*table.header, *names])
    with screen.metered(f"定位 · locating {table.name}", table.size) as meter:
        for count, (row, cells) in enumerate(located(table.rows(), question, api, tally), start=1):
            writer.writerow([*row.cells, *cells])
            if count % 1000 == 0:
                meter.to(table.position, f"{count:,} 行 rows")
    text.flush()
    text.detach()


@contextmanager
def _output(target: str) -> Iterator[BinaryIO]:
    """Give where the result goes; what is not finished is not seen, on the standard output neither."""
    if target == STANDARD_OUTPUT:
        with tempfile.TemporaryFile() as kept:
            yield kept
            kept.seek(0)
            shutil.copyfileobj(kept, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        return
    with written_whole(Path(target)) as file:
        yield file


def _moment(at: str | None) -> datetime | None:
    if at is None:
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise CannotDo(
            f"--at {at} 不是时间；请写成 2026-11-23 或 2026-11-23T08:00:00+08:00。",
            f"--at {at} is no time; write it as 2026-11-23 or 2026-11-23T08:00:00+08:00.",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _new_names(table: CsvTable, prefix: str) -> list[str]:
    names = [prefix + name for name in COLUMNS]
    taken = [name for name in names if name in table.header]
    if taken:
        raise CannotDo(
            f"{table.name} 已有列 {'、'.join(taken)}；请用 --prefix 给新增列加前缀。",
            f"{table.name} has these columns already: {', '.join(taken)}; give the new ones a --prefix.",
        )
    return names


def _summary(tally: Tally, seconds: float, *, to_stderr: bool) -> None:
    tell = screen.say if to_stderr else screen.show
    counts = "  ".join(
        f"{status} {tally.statuses[status]:,}" for status in ORDER_SHOWN if status in tally.statuses
    )
    versions = ", ".join(str(version) for version in sorted(tally.versions)) or "-"
    rate = tally.rows / seconds if seconds else 0.0
    tell(f"{tally.rows:,} 行 rows: {counts or '-'}")
    tell(f"边界版本 boundary version {versions}, {seconds:.1f} s, {rate:,.0f} 行 rows/s")


def _check_outcome(tally: Tally, *, strict: bool) -> None:
    if tally.failed and (strict or tally.failed == tally.rows):
        raise CannotDo(
            f"{tally.failed:,} 行未能定位，原因见 reason 列。",
            f"{tally.failed:,} rows could not be located; the column reason says why.",
        )
