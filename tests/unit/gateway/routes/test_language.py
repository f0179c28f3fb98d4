"""Which of the two languages a client would rather read."""

import pytest

from services.gateway.routes.language import preferred_language


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "zh"),
        ("", "zh"),
        ("*", "zh"),
        ("fr", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("EN-us", "en"),
        ("zh;q=0.1,en;q=0.2", "en"),
        ("en;q=0", "zh"),
        ("en;q=0.5,zh;q=0.5", "zh"),
        ("en;q=nonsense", "zh"),
        ("en;q=nan,zh", "zh"),
        (";;;,,,=", "zh"),
    ],
)
def test_chinese_unless_english_ranks_above_it(header: str | None, expected: str) -> None:
    assert preferred_language(header) == expected
