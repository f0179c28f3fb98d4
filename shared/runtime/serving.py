"""What a worker serves with: the call, its work on the database, its neighbours, its publisher."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import structlog
from nameko.extensions import DependencyProvider

from shared.kernel.actor import NOBODY
from shared.kernel.ids import new_id
from shared.runtime.call import Call, call_from
from shared.runtime.database import ServiceDatabase, database_of
from shared.runtime.hints import HintSayer
from shared.runtime.identity import Forged, identity_of
from shared.runtime.neighbours import Neighbours
from shared.runtime.publishing import Publisher
from shared.runtime.settings import Settings
from shared.runtime.work import Work


class Surroundings:
    """What all workers of a service in this process share."""

    def __init__(self, settings: Settings, service: str) -> None:
        self.settings = settings
        self.identity = identity_of(settings, service)
        self.database: ServiceDatabase = database_of(settings, service)
        self.publisher = Publisher(settings.broker_url)
        self.hints = HintSayer(Publisher(settings.broker_url, confirmed=False))
        # The name of this copy among several of the service.
        self.copy = new_id()


class Serving:
    """What one worker serves with, each part made when it is first asked for."""

    def __init__(self, around: Surroundings, headers: Mapping[str, Any], door: str) -> None:
        self._around = around
        self.settings = around.settings
        self.identity = around.identity
        self.publisher = around.publisher
        self.hints = around.hints
        self.copy = around.copy
        # The method that a call, an event or a timer has come to.
        self.door = door
        # Why the caller wants it, in his words, where he was asked.
        self.reason: str | None = None
        # What a command was about, for the trail, where its answer names no matter.
        self.about: str | None = None
        self.serve(headers)
        self.work = Work(around.database, self.call.command)

    def serve(self, headers: Mapping[str, Any]) -> None:
        """Turn to a call or an event, by its headers; a worker may take several events."""
        self.headers = headers
        self.call: Call = call_from(headers)
        structlog.contextvars.bind_contextvars(
            call_id=self.call.call_id, matter_no=self.call.matter_no
        )
        self.__dict__.pop("neighbours", None)

    def show_passport(self) -> None:
        """Serve the call as whoever its passport names, and as nobody when it is not good.

        Raises:
            Forged: the passport is missing, not signed by whom it says, or has ended.
        """
        try:
            actor = self.identity.bearer(self.call.passport)
        except Forged:
            self.call = replace(self.call, actor=NOBODY, passport=None)
            raise
        self.call = replace(self.call, actor=actor)

    @cached_property
    def neighbours(self) -> Neighbours:
        return Neighbours(self.settings, self.identity, self.call)


class ServingOfWorker(DependencyProvider):
    """Gives every worker its surroundings, and lets go of its work whatever happened."""

    def setup(self) -> None:
        self.around = Surroundings(self.container.config["settings"], self.container.service_name)

    def get_dependency(self, worker_ctx: Any) -> Serving:
        return Serving(self.around, worker_ctx.data, worker_ctx.entrypoint.method_name)

    def worker_teardown(self, worker_ctx: Any) -> None:
        worker_ctx.service.serving.work.close()
