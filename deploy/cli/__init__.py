"""The command line `wangge`: one file for each command or family of commands."""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from deploy.cli import screen
from deploy.cli.audit import audit
from deploy.cli.bench import bench
from deploy.cli.boundary import import_boundary
from deploy.cli.cannot_do import CannotDo, Interrupted
from deploy.cli.clients import clients
from deploy.cli.deadletters import deadletters
from deploy.cli.keys import keys
from deploy.cli.locate import locate_csv
from deploy.cli.migrate import demo, migrate
from deploy.cli.oidc import oidc
from deploy.cli.partitions import partitions
from deploy.cli.personal import personal
from deploy.cli.production import down, status, up
from deploy.cli.provision import provision
from deploy.cli.rebuild import rebuild_read_models
from deploy.cli.replay import replay_csv
from deploy.cli.run import run
from deploy.cli.second_factor import second_factor
from deploy.cli.tls import tls

app = typer.Typer(
    name="wangge",
    help="网格平台命令行 · the command line of the grid platform",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    *(run, up, down, status),
    *(provision, migrate, demo, import_boundary, locate_csv, replay_csv, rebuild_read_models),
):
    app.command()(command)
app.add_typer(audit, name="audit")
app.add_typer(clients, name="clients")
app.add_typer(deadletters, name="deadletters")
app.add_typer(keys, name="keys")
app.add_typer(oidc, name="oidc")
app.add_typer(partitions, name="partitions")
app.add_typer(personal, name="personal")
app.add_typer(second_factor, name="second-factor")
app.add_typer(tls, name="tls")
# What follows the benchmark's name is the benchmark's, options too.
app.command(context_settings={"allow_interspersed_args": False})(bench)


def _show_version(asked: bool) -> None:
    if asked:
        screen.show(f"wangge {version('wangge')}")
        raise typer.Exit


@app.callback()
def wangge(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="版本 · the version"),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show Chinese gets escapes, not a crash.
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = app(args=arguments, standalone_mode=False) or 0
    except CannotDo as reason:
        screen.fail(reason)
        return reason.exit_code
    except typer.TyperException as wrong:
        said = wrong.format_message()
        screen.fail(CannotDo("用法有误，详见 --help", f"wrong usage, see --help: {said}"))
        return wrong.exit_code
    except typer.Abort:
        return 130
    except BrokenPipeError:
        # Whoever read our output (head, less) has seen enough.
        sys.stderr.close()
        return 1
    if code == Interrupted.exit_code:
        screen.warn("已中断 · stopped")
    return code
