"""`wangge bench`: the benchmarks there are, and running one."""

import ast
import importlib
from pathlib import Path
from typing import Annotated

import typer

import deploy.bench
from deploy.cli import screen
from deploy.cli.cannot_do import CannotDo


def bench(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="基准名称；不给则列出 · which one; without, all are listed"
        ),
    ] = None,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="…", help="传给该基准 · handed to the benchmark")
    ] = None,
) -> None:
    """运行性能基准 · run a benchmark.

    例 · example: wangge bench locate --help
    """
    known = _benchmarks()
    if name is None:
        _list(known)
        return
    if name not in known:
        raise CannotDo(
            f"没有基准 {name}；可用：{'、'.join(known) or '无'}。",
            f"There is no benchmark {name}; there are: {', '.join(known) or 'none'}.",
        )
    outcome = importlib.import_module(f"deploy.bench.{name}").main(arguments or [])
    raise typer.Exit(outcome or 0)


def _list(known: dict[str, str]) -> None:
    if not known:
        screen.show("没有基准 · there are no benchmarks")
    for name, sentence in known.items():
        screen.show(f"{name}  {sentence}")


def _benchmarks() -> dict[str, str]:
    """Return the modules beside this that have a `main`, with what they say of themselves."""
    found = {}
    for folder in deploy.bench.__path__:
        for file in sorted(Path(folder).glob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            if any(isinstance(part, ast.FunctionDef) and part.name == "main" for part in tree.body):
                found[file.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found
