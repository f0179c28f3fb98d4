"""`wangge replay-csv`: somebody else's records become incidents, each exactly once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli import screen
from deploy.cli.api_client import Api
from deploy.cli.cannot_do import CannotDo, Interrupted
from deploy.cli.connection import DEFAULT_URL, Account, PatienceSeconds, Url, connected
from deploy.cli.csv_options import Delimiter, Encoding
from deploy.cli.csv_table import CsvTable, opened_csv
from deploy.cli.degrees import CellsWrong
from deploy.cli.mapping_file import read_mapping
from deploy.cli.problem import Refused
from deploy.cli.replay_report import ReplayReport
from deploy.cli.replay_row import Reader, Report
from deploy.cli.replay_sending import done_by_workers
from deploy.cli.replay_shown import show_replay
from deploy.cli.whole_file import written_whole
from shared.kernel.errors import FieldError

_NOT_ALLOWED = frozenset({401, 404})
"""No row is to blame for these: the sign-in or the address is wrong."""


def replay_csv(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV 文件，“-”为标准输入 · or - for stdin")
    ],
    mapping: Annotated[
        Path,
        typer.Option(
            metavar="FILE.yaml", help="映射文件 · what the columns mean (deploy/mappings/)"
        ),
    ],
    workers: Annotated[int, typer.Option(min=1, max=64, help="并发数 · requests at once")] = 4,
    limit: Annotated[
        int | None, typer.Option(min=1, help="只处理前 N 个数据行 · the first N rows only")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="保存完整报告 · keep the whole report")
    ] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="有坏行或被拒绝则退出码为 1 · exit with 1 when any row failed"
        ),
    ] = False,
    patience: PatienceSeconds = 60,
    url: Url = DEFAULT_URL,
    account: Account = "district",
) -> None:
    """把其他系统的 CSV 记录录入为事件 · load incidents from somebody else's CSV.

    每行恰好一次：中断后以同一账号、同一映射重新运行，不会重复（平台保留幂等键七天）。
    Exactly once: run again after a stop, with the same account and mapping, nothing is doubled
    (the platform keeps idempotency keys for seven days). Mapping: see deploy/mappings/la311.yaml.

    例 · example:

    wangge replay-csv requests.csv --mapping deploy/mappings/la311.yaml --workers 4
    """
    read = read_mapping(mapping)
    with opened_csv(source, encoding=encoding, delimiter=delimiter) as table:
        read.check_columns(table.header)
        outcome = ReplayReport(mapping=read.mapping, file=table.name)
        with connected(url, account, patience_s=patience, connections=workers) as api:
            try:
                _replay(table, outcome, api, workers=workers, limit=limit)
            except (KeyboardInterrupt, CannotDo) as stop:
                outcome.stopped = str(stop) or "Ctrl-C"
                _told(outcome, report)
                if isinstance(stop, CannotDo):
                    raise
                raise _interrupted() from None
    _told(outcome, report)
    _check_outcome(outcome, strict=strict)


def _replay(
    table: CsvTable, outcome: ReplayReport, api: Api, *, workers: int, limit: int | None
) -> None:
    """Send every row; count what becomes of it.

    Raises:
        Away: the platform does not answer any more.
        Refused: the platform refuses for a reason no row is to blame for.
    """

    def send(report: Report) -> tuple[Report, dict[str, Any] | Refused]:
        try:
            return report, api.post("/incidents", report.body, key=report.key)
        except Refused as refused:
            if refused.status in _NOT_ALLOWED:
                raise
            return report, refused

    title = f"重放 · replaying {table.name}"
    reports = _reports(table, outcome, limit)
    with screen.metered(title, None if limit else table.size) as meter:
        sending = done_by_workers(reports, send, workers=workers, on_stop=api.stop)
        for report, answer in sending:
            if isinstance(answer, Refused):
                outcome.add_refused(report, answer)
            else:
                outcome.add_answer(report, answer, api.server_time)
            if outcome.sent % 20 == 0:
                meter.to(table.position, f"{outcome.sent:,} 已发送 sent")


def _reports(table: CsvTable, outcome: ReplayReport, limit: int | None) -> Iterator[Report]:
    """Yield the reports to send; bad and skipped rows are counted and passed over."""
    reader = Reader(outcome.mapping, table.header)
    first_seen: dict[str, int] = {}
    for row in table.rows():
        if outcome.rows == limit:
            return
        outcome.rows += 1
        try:
            report = reader.report_of(row)
        except CellsWrong as wrong:
            outcome.add_bad_row(row.number, wrong.errors)
            continue
        if report is None:
            outcome.skipped += 1
            continue
        earlier = first_seen.setdefault(report.row_key, row.number)
        if earlier == row.number:
            yield report
        else:
            outcome.add_bad_row(row.number, [_same_key(outcome.mapping.key, earlier)])


def _same_key(column: str, earlier: int) -> FieldError:
    return FieldError(
        field=column,
        code="same_key",
        zh=f"与第 {earlier} 行的键相同；键须能区分每一行",
        en=f"the key is that of row {earlier}; it has to tell every row from the others",
    )


def _told(outcome: ReplayReport, report: Path | None) -> None:
    outcome.finish()
    show_replay(outcome)
    if report is not None:
        with written_whole(report) as file:
            file.write(json.dumps(outcome.as_document(), ensure_ascii=False, indent=2).encode())
        screen.say(f"完整报告 · whole report: {report}")


def _interrupted() -> Interrupted:
    return Interrupted(
        "已中断；以同样的命令重新运行即可继续，不会重复。",
        "Stopped; run the same command again to go on, nothing will be doubled.",
    )


def _check_outcome(outcome: ReplayReport, *, strict: bool) -> None:
    failed = outcome.bad + len(outcome.refused_rows)
    done = outcome.created + outcome.repeated
    if failed and (strict or not done):
        raise CannotDo(
            f"{failed:,} 行未能录入，原因见上。",
            f"{failed:,} rows were not loaded; the reasons are above.",
        )
