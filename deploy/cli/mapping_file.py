"""The mapping file of `wangge replay-csv`: YAML in, a mapping out, or every error with its line."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from deploy.cli.cannot_do import CannotDo
from deploy.cli.mapping import Mapping

FieldPath = Sequence[str | int]

_CHINESE = {
    "missing": "缺少必填字段",
    "extra_forbidden": "没有这个字段",
    "string_type": "应为文字",
    "string_too_short": "不能为空",
    "string_too_long": "文字过长",
    "string_pattern_mismatch": "只可用字母、数字、点、短横和下划线，至多 40 个",
    "bool_parsing": "应为 true 或 false",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "enum": "不在可选值之内",
    "literal_error": "不在可选值之内",
    "template": "列写作 {列名}，花括号本身写两个",
    "lookup": "请给出 column 与 values，或 default",
    "time_zone": "请给出时区，如 Asia/Shanghai",
    "time_format": "不是时间格式，应如 %Y-%m-%d %H:%M:%S，或 iso",
    "flag": "请写 true 或 false，或给出 column 与 true_when",
}


class MappingFile:
    """A mapping together with where in the file each of its fields stands."""

    def __init__(self, path: Path, mapping: Mapping, root: yaml.Node) -> None:
        self.mapping = mapping
        self._path = path
        self._root = root

    def check_columns(self, header: Iterable[str]) -> None:
        """See that a table has every column the mapping names.

        Raises:
            CannotDo: with a line for each that is missing.
        """
        present = {name.strip() for name in header}
        missing = [
            f"{_place(self._path, self._root, path)}: 表中没有列 {column} · the table has no column {column}"
            for path, column in self.mapping.columns()
            if column not in present
        ]
        if missing:
            raise CannotDo(
                f"映射文件 {self._path} 提到的列不在表中。",
                f"The mapping {self._path} names columns the table does not have.",
                [*missing, f"现有列 · columns: {', '.join(header)}"],
            )


def read_mapping(path: Path) -> MappingFile:
    """Read a mapping.

    Raises:
        CannotDo: with file, line and field for everything that is wrong.
    """
    root, content = _parsed(path, _text(path))
    twice = list(_keys_twice(path, root))
    if twice:
        raise _malformed(path, twice)
    try:
        mapping = Mapping.model_validate(content)
    except ValidationError as error:
        raise _malformed(
            path, [_line(path, root, detail) for detail in error.errors(include_url=False)]
        ) from None
    return MappingFile(path, mapping, root)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise CannotDo(
            f"无法打开映射文件 {path}：请检查路径与权限。",
            f"Cannot open the mapping {path}: {error.strerror}; look at the path and its rights.",
        ) from None
    except UnicodeDecodeError as error:
        raise CannotDo(
            f"映射文件 {path} 不是 UTF-8；请另存为 UTF-8。",
            f"The mapping {path} is not UTF-8 (byte {error.start}); save it as UTF-8.",
        ) from None


def _parsed(path: Path, text: str) -> tuple[yaml.Node, Any]:
    """Return the document's nodes, and its content with every scalar as text.

    Texts stay as they are written: in YAML's own reading 05 is a number and N a no.
    """
    loader = yaml.BaseLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            raise CannotDo(f"映射文件 {path} 为空。", f"The mapping {path} is empty.")
        return root, loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _malformed(
            path, [f"{path}:{line}: 不是合法的 YAML · no valid YAML: {error.problem}"]
        ) from None
    except yaml.YAMLError as error:
        raise _malformed(path, [f"{path}: 不是合法的 YAML · no valid YAML: {error}"]) from None


def _malformed(path: Path, lines: Sequence[str]) -> CannotDo:
    return CannotDo(
        f"映射文件 {path} 有 {len(lines)} 处错误，请按下列位置改正。",
        f"The mapping {path} is wrong in {len(lines)} places; mend those listed.",
        lines,
    )


def _line(path: Path, root: yaml.Node, detail: ErrorDetails) -> str:
    zh = _CHINESE.get(detail["type"], "不合要求")
    return f"{_place(path, root, detail['loc'])}: {zh} · {detail['msg']}"


def _place(path: Path, root: yaml.Node, field: FieldPath) -> str:
    """Return "file:line field"; of a field that is not there, the line of what should hold it."""
    node = root
    for name in field:
        inner = _child(node, name)
        if inner is None:
            break
        node = inner
    dotted = ".".join(str(name) for name in field)
    return f"{path}:{node.start_mark.line + 1} {dotted}".rstrip()


def _child(node: yaml.Node, name: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == name), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(name, int):
        children: list[yaml.Node] = node.value
        return children[name] if name < len(children) else None
    return None


def _keys_twice(path: Path, node: yaml.Node) -> Iterator[str]:
    """Yield a line for each key that occurs twice: YAML would take the last without a word."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield f"{path}:{key.start_mark.line + 1} {key.value}: 重复 · occurs twice"
            if isinstance(key.value, str):
                seen.add(key.value)
            yield from _keys_twice(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _keys_twice(path, value)
