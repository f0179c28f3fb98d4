"""Who gets in how: each service's URLs of broker and database, made once and kept."""

import secrets
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

from deploy.production.ports import Ports
from deploy.provisioning.broker import VHOST, definitions
from deploy.provisioning.broker_http import send_definitions
from deploy.services import WITH_TABLES
from shared.runtime.settings import Settings

Urls = dict[str, str]
_PASSWORD_BYTES = 24


def broker_passwords(known: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return a password for each service; one that it has already stays."""
    return {
        service: _password(known.get(service, {}).get("amqp_url", ""), service)
        or secrets.token_urlsafe(_PASSWORD_BYTES)
        for service in WITH_TABLES
    }


def private_broker_urls(passwords: Mapping[str, str], ports: Ports) -> Urls:
    """Return the URLs of the broker that belongs to this platform."""
    return {
        service: f"amqp://{service}:{password}@127.0.0.1:{ports.amqp}/{VHOST}"
        for service, password in passwords.items()
    }


def given_broker_urls(settings: Settings, passwords: Mapping[str, str]) -> Urls:
    """Return the URLs of somebody else's broker, where its management plugin may make our users.

    Without a way to make users, every service gets in as the user who was given.

    Raises:
        CannotStart: the management plugin does not take them.
    """
    given = settings.amqp_url or ""
    if settings.amqp_admin_url is None:
        return dict.fromkeys(passwords, given)
    parts = urlsplit(given)
    vhost = parts.path.removeprefix("/") or quote(VHOST)
    send_definitions(settings.amqp_admin_url, definitions(passwords, unquote(vhost)))
    host = parts.netloc.rpartition("@")[2]
    return {
        service: parts._replace(netloc=f"{service}:{password}@{host}", path=f"/{vhost}").geturl()
        for service, password in passwords.items()
    }


def _password(url: str, service: str) -> str | None:
    parts = urlsplit(url)
    return parts.password if parts.username == service else None
