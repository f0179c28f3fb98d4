"""What a worker serves with: the call, its work on the database, its neighbours, its publisher."""

from functools import cached_property
from typing import Any

import structlog
from nameko.extensions import DependencyProvider

from shared.runtime.call import Call, call_from
from shared.runtime.database import ServiceDatabase, database_of
from shared.runtime.hints import HintSayer
from shared.runtime.inbox import Delivery, delivery_from
from shared.runtime.neighbours import Neighbours
from shared.runtime.publishing import Publisher
from shared.runtime.settings import Settings
from shared.runtime.work import Work


class Serving:
    """One worker's surroundings, each part made when it is first asked for."""

    def __init__(
        self,
        settings: Settings,
        database: ServiceDatabase,
        publisher: Publisher,
        hints: HintSayer,
        headers: dict[str, Any],
    ) -> None:
        self.settings = settings
        self.publisher = publisher
        self.hints = hints
        self.headers = headers
        self.call: Call = call_from(headers)
        self.work = Work(database, self.call.command)

    @cached_property
    def delivery(self) -> Delivery:
        """The envelope of the event that is being handled."""
        return delivery_from(self.headers)

    @cached_property
    def neighbours(self) -> Neighbours:
        return Neighbours(self.settings, self.call)


class ServingOfWorker(DependencyProvider):
    """Gives every worker its surroundings, and lets go of its work whatever happened."""

    def setup(self) -> None:
        self.settings: Settings = self.container.config["settings"]
        self.database = database_of(self.settings, self.container.service_name)
        self.publisher = Publisher(self.settings.broker_url)
        self.hints = HintSayer(self.publisher)

    def get_dependency(self, worker_ctx: Any) -> Serving:
        serving = Serving(self.settings, self.database, self.publisher, self.hints, worker_ctx.data)
        structlog.contextvars.bind_contextvars(
            call_id=serving.call.call_id, matter_no=serving.call.matter_no
        )
        return serving

    def worker_teardown(self, worker_ctx: Any) -> None:
        worker_ctx.service.serving.work.close()
