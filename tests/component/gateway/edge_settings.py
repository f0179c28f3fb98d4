"""Settings of an edge under test: a broker and a data folder of its own."""

from shared.runtime.settings import Settings


class EdgeSettings(Settings):
    """Settings whose broker is not told by the environment."""

    broker: str = "inprocess://"

    @property
    def broker_url(self) -> str:
        return self.broker
