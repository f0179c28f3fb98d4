"""The gateway's migrations lead to its models, on both databases."""

from pathlib import Path

from shared.runtime.migrations import differs_from_models, migrate
from tests.component.gateway.edge_settings import EdgeSettings


def test_on_sqlite(tmp_path: Path) -> None:
    settings = EdgeSettings(data=tmp_path)
    migrate(settings, "gateway")
    assert not differs_from_models(settings, "gateway")
    migrate(settings, "gateway")
