"""The child process that writes an export's file: a workbook or GDAL's work for seconds holds up no request.

    python -m services.gateway.job xlsx FOLDER
    python -m services.gateway.job gpkg FOLDER

The folder holds what is told of the export and its rows; the file appears there whole or not at all.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from services.gateway.domain.export import Export, Form
from services.gateway.files.export_folder import ExportFolder
from services.gateway.ports import TableWriter

# Requests come first.
_NICE = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file; return the exit code."""
    parser = argparse.ArgumentParser(prog="services.gateway.job", description=__doc__)
    parser.add_argument("form", choices=[Form.XLSX, Form.GPKG])
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args(arguments)
    os.nice(_NICE)
    write_file(ExportFolder(asked.folder), _writer(Form(asked.form)))
    return 0


def write_file(folder: ExportFolder, writer_of: Callable[[Path, Export], TableWriter]) -> None:
    """Write an export's file from its rows."""
    export = folder.export()
    with folder.whole_or_not_at_all(export) as scratch:
        writer, written = writer_of(scratch, export), 0
        for rows in folder.pages():
            writer.write(rows)
            written += len(rows)
            folder.tell_written(written)
        writer.close()


def _writer(form: Form) -> Callable[[Path, Export], TableWriter]:
    # GDAL takes half a second to load, and the other one a hundred megabytes less.
    if form is Form.XLSX:
        from services.gateway.files.export_xlsx import XlsxWriter

        return XlsxWriter
    from services.gateway.files.export_gpkg import GpkgWriter

    return GpkgWriter


if __name__ == "__main__":
    sys.exit(main())
