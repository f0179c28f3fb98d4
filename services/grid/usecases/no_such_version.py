"""The refusal to a boundary version that nobody imported."""

from shared.kernel.errors import NotFound


def no_such_version(version: int) -> NotFound:
    return NotFound(
        code="no_such_boundary",
        zh=f"没有边界版本 {version}。",
        en=f"There is no boundary version {version}.",
    )
