"""How a nameko container is made for a service, in every profile the same."""

from typing import Any

from nameko.containers import ServiceContainer

from shared.runtime.settings import Settings


def container_of(service: type[Any], settings: Settings, may_relay: Any) -> ServiceContainer:
    """Return a container for *service*, not yet started; its relay waits for *may_relay*."""
    return ServiceContainer(
        service,
        {
            "AMQP_URI": settings.broker_url,
            "settings": settings,
            "may_relay": may_relay,
            "max_workers": settings.workers,
        },
    )
