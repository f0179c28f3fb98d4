"""One level of a boundary set out of a GeoJSON, GeoPackage or (zipped) Shapefile."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError

from services.grid.domain.area import Level
from services.grid.domain.finding import Finding, Severity
from services.grid.domain.source_layer import SourceFeature, SourceLayer
from services.grid.files.field_text import field_texts
from services.grid.files.projection import outlines_in_wgs84
from services.grid.files.refusal import unusable
from services.grid.files.shapefile_texts import dbf_encoding, stated_crs
from services.grid.files.unpacking import gather_shapefile, unpack_shapefile
from shared.kernel.errors import Invalid

_GEOJSON, _GEOPACKAGE, _SHAPEFILE, _ZIP = "GeoJSON", "GPKG", "ESRI Shapefile", "zip"
_UNREMARKABLE = ("non conformant file extension", "More than one layer found")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFile:
    """A file of one level and how to read it.

    `name` is what its sender called it and what findings call it. `crs` overrides what the file
    says: an EPSG code, or "wgs84", "gcj02", "bd09", "cgcs2000". `encoding` is that of a Shapefile's table.
    """

    path: Path
    name: str
    level: Level
    code_field: str
    name_field: str | None = None
    parent_field: str | None = None
    crs: str | None = None
    layer: str | None = None
    encoding: str | None = None


def read_layer(source: LayerFile) -> SourceLayer:
    """Read the features of *source*, in the file's order, in WGS-84.

    The format is told by the content, not by the name: GDAL would follow some formats (VRT) to
    other files and addresses, so nothing else reaches it.

    Raises:
        Invalid: the file as a whole cannot be used; `errors` names it and says why.
    """
    with tempfile.TemporaryDirectory(prefix="boundary-") as folder:
        path, driver = source.path, _format_of(source)
        if driver == _ZIP:
            path = unpack_shapefile(path, Path(folder), file=source.name, layer=source.layer)
            driver = _SHAPEFILE
        elif driver == _SHAPEFILE:
            path = gather_shapefile(path, Path(folder), file=source.name)
        return _read(source, path, driver)


def _format_of(source: LayerFile) -> str:
    try:
        with source.path.open("rb") as file:
            head = file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError as cause:
        raise unusable(
            source.name,
            "file_missing",
            "文件不存在或无法打开；请检查路径和权限。",
            "it is not there or cannot be opened; look at the path and the rights.",
        ) from cause
    if head.startswith(b"{"):
        return _GEOJSON
    if head.startswith(b"SQLite format 3\0"):
        return _GEOPACKAGE
    if head.startswith(b"\0\0\x27\x0a"):
        return _SHAPEFILE
    if head.startswith(b"PK\3\4"):
        return _ZIP
    raise unusable(
        source.name,
        "format_unknown",
        "既不是 GeoJSON、GeoPackage，也不是含 Shapefile 的 zip；"
        "GeoJSON 须为 UTF-8 编码的 JSON 对象，Shapefile 须打包为 zip。",
        "it is neither GeoJSON, GeoPackage nor a zip with a Shapefile; GeoJSON must be a JSON object "
        "in UTF-8, and a Shapefile be packed as a zip.",
    )


def _read(source: LayerFile, path: Path, driver: str) -> SourceLayer:
    remarks: list[str] = []
    options: dict[str, Any] = {"layer": source.layer if driver == _GEOPACKAGE else None}
    if driver == _GEOJSON:
        options["DATE_AS_STRING"] = "YES"  # a code such as 2011-05-01 is a text
    if driver == _SHAPEFILE:
        options["encoding"] = source.encoding or dbf_encoding(path)

    with _answered(source, remarks):
        _check_layers(source, path, driver)
        layout = pyogrio.read_info(path, **options)
        if layout["features"] == 0:
            raise _empty(source)
        _check_fields(source, [str(field) for field in layout["fields"]])
        wanted = [source.code_field, source.name_field, source.parent_field]
        columns = sorted({field for field in wanted if field})
        meta, _, shapes, values = pyogrio.raw.read(path, columns=columns, **options)
    if len(shapes) == 0:
        raise _empty(source)
    table = dict(zip((str(field) for field in meta["fields"]), values, strict=True))
    crs = stated_crs(path) if driver == _SHAPEFILE else meta["crs"]
    return _layer(source, crs, shapes, table, remarks)


@contextmanager
def _answered(source: LayerFile, remarks: list[str]) -> Iterator[None]:
    """Turn what the reader raises into refusals, and what it warns of into *remarks*."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            yield
        except UnicodeDecodeError as cause:
            raise unusable(
                source.name,
                "encoding_wrong",
                "文字编码有误；请另存为 UTF-8，Shapefile 可用编码选项指明（如 GB18030）。",
                "its text is not in the encoding expected; save it as UTF-8, or for a Shapefile "
                "give the encoding (GB18030, for example).",
            ) from cause
        # pyogrio raises UnboundLocalError on a coordinate system that is not UTF-8.
        except (DataSourceError, DataLayerError, ValueError, UnboundLocalError) as cause:
            raise unusable(
                source.name,
                "file_unreadable",
                f"无法读取，文件可能不完整或已损坏；请重新导出（读取程序的说明：{_without_path(cause, source)}）。",
                "it cannot be read and may be truncated or damaged; export it again "
                f"(the reader says: {_without_path(cause, source)}).",
            ) from cause
    for warning in warned:
        text = str(warning.message)
        if not any(noise in text for noise in _UNREMARKABLE) and text not in remarks:
            remarks.append(text)


def _without_path(cause: Exception, source: LayerFile) -> str:
    return str(cause).replace(str(source.path), source.name)[:300]


def _empty(source: LayerFile) -> Invalid:
    return unusable(
        source.name,
        "layer_empty",
        "图层中没有要素；请检查导出是否完整，或是否选错图层。",
        "the layer holds no features; look whether the export is complete and the layer the right one.",
    )


def _check_layers(source: LayerFile, path: Path, driver: str) -> None:
    if driver != _GEOPACKAGE:
        return
    names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    listed = ", ".join(names) or "–"
    if source.layer is not None and source.layer not in names:
        raise unusable(
            source.name,
            "layer_missing",
            f"没有名为“{source.layer}”的图层；现有图层：{listed}。",
            f"there is no layer “{source.layer}”; there is: {listed}.",
        )
    if source.layer is None and len(names) > 1:
        raise unusable(
            source.name,
            "layer_ambiguous",
            f"有 {len(names)} 个图层（{listed}）；请用图层选项指明一个。",
            f"there are {len(names)} layers ({listed}); name one.",
        )


def _check_fields(source: LayerFile, fields: list[str]) -> None:
    stated = (source.code_field, source.name_field, source.parent_field)
    missing = [field for field in stated if field is not None and field not in fields]
    if missing:
        listed = ", ".join(fields) or "–"
        raise unusable(
            source.name,
            "field_missing",
            f"没有字段 {'、'.join(missing)}；现有字段：{listed}。",
            f"there is no field {', '.join(missing)}; the fields are: {listed}.",
        )


def _layer(
    source: LayerFile,
    crs: str | None,
    shapes: NDArray[Any],
    table: dict[str, NDArray[Any]],
    remarks: list[str],
) -> SourceLayer:
    outlines = shapely.from_wkb(shapes, on_invalid="ignore")
    broken = shapely.is_missing(outlines) & np.array([shape is not None for shape in shapes])
    findings = [_remark(source, text) for text in remarks]
    findings += _heights(source, outlines)
    outlines, doubts = outlines_in_wgs84(outlines, source.crs or crs, file=source.name)

    nothing: list[str | None] = [None] * len(shapes)
    codes = field_texts(table[source.code_field])
    names = field_texts(table[source.name_field]) if source.name_field else nothing
    parents = field_texts(table[source.parent_field]) if source.parent_field else nothing
    features = tuple(
        SourceFeature(number=number, code=code, name=name, parent=parent, outline=outline)
        for number, (code, name, parent, outline, bad) in enumerate(
            zip(codes, names, parents, outlines, broken, strict=True), start=1
        )
        if not bad
    )
    findings += [_broken(source, int(at) + 1, codes[at]) for at in np.flatnonzero(broken)]
    return SourceLayer(
        file=source.name, level=source.level, features=features, findings=(*findings, *doubts)
    )


def _remark(source: LayerFile, text: str) -> Finding:
    return Finding(
        kind="reader_remark",
        severity=Severity.NOTE,
        zh=f"{source.name}：读取程序提示：{text}",
        en=f"{source.name}: the reader remarks: {text}",
        file=source.name,
        level=source.level,
    )


def _heights(source: LayerFile, outlines: NDArray[Any]) -> list[Finding]:
    with_height = int(np.count_nonzero(shapely.has_z(outlines)))
    if not with_height:
        return []
    return [
        Finding(
            kind="heights_dropped",
            severity=Severity.NOTE,
            zh=f"{source.name}：{with_height} 个要素带高程（Z），已忽略。",
            en=f"{source.name}: {with_height} features have heights (Z); they are dropped.",
            file=source.name,
            level=source.level,
        )
    ]


def _broken(source: LayerFile, number: int, code: str | None) -> Finding:
    return Finding(
        kind="geometry_unreadable",
        severity=Severity.ERROR,
        zh=f"{source.name} 第 {number} 个要素（{code}）：图形无法读取，例如环的顶点不足四个或未闭合；请重新绘制。",
        en=f"{source.name}, feature {number} ({code}): the geometry cannot be read, a ring has fewer than "
        "four vertices or is not closed, for example; draw it again.",
        level=source.level,
        codes=(code,) if code else (),
        file=source.name,
        feature=number,
    )
