"""The order that goes with uploaded boundary files, and whether the two match."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from services.gateway.routes.multipart import Form, Upload
from services.gateway.routes.problems import wrong_field
from shared.contracts import grid
from shared.kernel.errors import FieldError, Invalid
from shared.runtime.answering import invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryImport(grid.BoundaryImport):
    """The order that goes with uploaded boundary files; `file_id` of a layer is a file's name."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


_ORDER = TypeAdapter(BoundaryImport)


def order_in(form: Form, *, dry_run: bool) -> BoundaryImport:
    """Return the order that came with the files.

    Raises:
        Invalid: there is none, or it is wrong.
    """
    if "order" not in form.texts:
        raise wrong_field("order", "missing", "缺少必填字段", "Field required")
    try:
        order = _ORDER.validate_json(form.texts["order"])
    except ValidationError as error:
        raise invalid(error, under="order") from None
    asked_dry = dry_run or form.texts.get("dry_run", "").lower() in {"true", "1", "on", "yes"}
    return replace(order, dry_run=order.dry_run or asked_dry)


def files_by_name(files: Sequence[Upload]) -> dict[str, Upload]:
    """Return the files by the names layers call them by; raises `Invalid` when two have one name."""
    uploads: dict[str, Upload] = {}
    for number, upload in enumerate(files):
        if upload.name in uploads:
            raise wrong_field(
                f"files.{number}", "same_name", "文件重名", "two files have the same name"
            )
        uploads[upload.name] = upload
    return uploads


def check_layers(order: BoundaryImport, uploads: dict[str, Upload]) -> None:
    """See that every layer names a file, and every file is named; raises `Invalid`."""
    named = {layer.file_id for layer in order.layers}
    errors = [
        FieldError(
            field=f"order.layers.{number}.file_id",
            code="unknown_file",
            zh="上传的文件中没有这个文件名",
            en="no uploaded file has this name",
        )
        for number, layer in enumerate(order.layers)
        if layer.file_id not in uploads
    ]
    errors += [
        FieldError(
            field=f"files.{number}",
            code="unused_file",
            zh="没有图层用到这个文件",
            en="no layer names this file",
        )
        for number, name in enumerate(uploads)
        if name not in named
    ]
    if errors:
        raise Invalid(
            code="invalid",
            zh="文件与图层对不上，详见 errors。",
            en="Files and layers do not match; see errors.",
            errors=tuple(errors),
        )
