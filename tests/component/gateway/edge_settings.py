"""Settings of an edge under test: a broker and a data folder of its own."""

from shared.runtime.settings import Settings


class EdgeSettings(Settings):
    """Settings whose in-process broker has a name, so that tests do not hear each other."""

    broker: str = ""

    @property
    def broker_url(self) -> str:
        return f"inprocess://{self.broker}/"
