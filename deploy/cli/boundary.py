"""`wangge import-boundary`: boundary files to a draft version, its findings, and into force."""

import json
from contextlib import ExitStack
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli import screen
from deploy.cli.api_client import Api
from deploy.cli.boundary_layers import LayerOptions, layers_of
from deploy.cli.boundary_parcel import Parcel, WatchedFile, packed
from deploy.cli.boundary_report import show_report
from deploy.cli.cannot_do import CannotDo
from deploy.cli.connection import DEFAULT_URL, Account, Url, connected
from deploy.cli.whole_file import written_whole
from shared.contracts.grid import BoundaryImport
from shared.kernel.clock import china_now

# A large set is checked for minutes, in a process of its own.
_CHECK_S = 1800.0

Repeated = list[str]


class Level(StrEnum):
    """The four levels a file can hold."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    CELL = "cell"


class Scheme(StrEnum):
    """`cn`: statistical division codes; `free`: whatever the owner writes."""

    CN = "cn"
    FREE = "free"


def import_boundary(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="GeoJSON、GeoPackage、zip 或 .shp · one for each level"
        ),
    ],
    level: Annotated[
        list[Level],
        typer.Option(help="文件所含级别（按文件顺序） · the level in each file, in their order"),
    ],
    code_field: Annotated[Repeated, typer.Option(help="编码字段 · the field with the code")],
    name_field: Annotated[
        Repeated | None, typer.Option(help="名称字段 · the field with the name")
    ] = None,
    parent_field: Annotated[
        Repeated | None,
        typer.Option(
            help="上级编码字段；不给则按空间包含 · the parent's code; else by containment"
        ),
    ] = None,
    layer: Annotated[
        Repeated | None, typer.Option(help="文件中的图层 · the layer within the file")
    ] = None,
    crs: Annotated[
        Repeated | None,
        typer.Option(help="坐标系，如 EPSG:4547、gcj02 · where the file does not say it"),
    ] = None,
    encoding: Annotated[
        Repeated | None,
        typer.Option(
            help="Shapefile 文字编码，如 gb18030 · of a Shapefile's texts, else told from it"
        ),
    ] = None,
    scheme: Annotated[Scheme, typer.Option(help="编码方案 · the scheme of the codes")] = Scheme.CN,
    label: Annotated[str | None, typer.Option(help="版本名称 · what to call the version")] = None,
    district_code: Annotated[
        str | None,
        typer.Option(help="区划代码（文件中没有区时） · when no file holds the district"),
    ] = None,
    district_name: Annotated[str | None, typer.Option(help="区名称 · the district's name")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只检查不保存 · check, keep nothing")
    ] = False,
    activate: Annotated[
        bool, typer.Option("--activate", help="随即启用 · put it in force")
    ] = False,
    accept_findings: Annotated[
        bool, typer.Option("--accept-findings", help="接受警告 · accept the warnings")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="保存全部检查结果 · keep all findings")
    ] = None,
    url: Url = DEFAULT_URL,
    account: Account = "admin",
) -> None:
    """导入边界为草稿版本并检查 · import boundaries as a draft version and check them.

    选项可重复，按文件顺序；只给一个则用于全部文件，“-”表示没有。有错误时退出码为 1。
    Options repeat in the order of the files; one alone is for all, and "-" means none.
    The exit code is 1 when there are errors.

    例 · example:

    wangge import-boundary streets.geojson cells.gpkg --level street --level cell
    --code-field CODE --name-field NAME --parent-field - --parent-field STREET
    --district-code 420802 --district-name 东宝区 --activate
    """
    if dry_run and activate:
        raise CannotDo(
            "--dry-run 不保存任何内容，不能同时 --activate。",
            "--dry-run keeps nothing, so there is nothing to --activate; give one of them.",
        )
    options = LayerOptions(
        level=level,
        code_field=code_field,
        name_field=name_field or (),
        parent_field=parent_field or (),
        layer=layer or (),
        crs=crs or (),
        encoding=encoding or (),
    )
    with packed(files) as parcels, connected(url, account) as api:
        order = BoundaryImport(
            label=label or f"{files[-1].stem} {china_now():%Y-%m-%d %H:%M}",
            layers=layers_of(files, options, [parcel.file_id for parcel in parcels]),
            scheme=scheme.value,
            district_code=district_code,
            district_name=district_name,
            dry_run=dry_run,
        )
        answer = _uploaded(api, order, list(dict.fromkeys(parcels)))
        _told(answer, report)
        if activate:
            _activated(api, answer, accept_findings=accept_findings)
        elif answer["needs_acceptance"]:
            screen.show(
                f"{answer['warnings']:,} 条警告，启用时须接受（--accept-findings） · "
                "the warnings have to be accepted to put it in force"
            )


def _uploaded(api: Api, order: BoundaryImport, parcels: list[Parcel]) -> dict[str, Any]:
    """Send the files with the order; return the findings report."""
    size = sum(parcel.size for parcel in parcels)
    title = f"上传并检查 {len(parcels)} 个文件 · uploading and checking"
    with ExitStack() as opened, screen.metered(title, size) as meter:
        sent = 0

        def on_read(count: int) -> None:
            nonlocal sent
            sent += count
            # The check begins when all has arrived; how long it takes the server alone knows.
            meter.to(sent, "" if sent < size else "正在检查 · checking")

        files = [
            ("files", (parcel.file_id, opened.enter_context(WatchedFile(parcel.path, on_read))))
            for parcel in parcels
        ]
        answer: dict[str, Any] = api.post(
            "/grid/boundaries",
            files=files,
            data={"order": json.dumps(asdict(order), ensure_ascii=False)},
            timeout=_CHECK_S,
        )
    return answer


def _told(answer: dict[str, Any], report: Path | None) -> None:
    """Show the findings; keep all of them in a file when asked.

    Raises:
        CannotDo: there are errors.
    """
    show_report(answer)
    if report is not None:
        with written_whole(report) as file:
            file.write(json.dumps(answer, ensure_ascii=False, indent=2).encode())
        screen.say(f"全部检查结果 · all findings: {report}")
    if answer["errors"]:
        raise CannotDo(
            f"有 {answer['errors']:,} 个错误，不能启用；请按上表改正后重新导入。",
            f"{answer['errors']:,} errors: mend what the table names and import again.",
        )
    if answer["version"] is None:
        screen.show("检查通过，未保存（dry run） · checked; nothing was kept")
    else:
        screen.show(f"草稿版本 · draft version {answer['version']}")


def _activated(api: Api, answer: dict[str, Any], *, accept_findings: bool) -> None:
    version = answer["version"]
    if answer["needs_acceptance"] and not accept_findings:
        raise CannotDo(
            f"版本 {version} 有 {answer['warnings']:,} 条警告；阅读后加 --accept-findings 重新运行。",
            f"Version {version} has {answer['warnings']:,} warnings; read them, then run again with --accept-findings.",
        )
    api.post(f"/grid/boundaries/{version}/activate", {"accept_findings": accept_findings})
    screen.show(f"已启用版本 · in force: version {version}")
