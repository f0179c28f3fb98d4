"""Who gets in how: each service's URLs of broker and database, made once and kept."""

import secrets
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

from deploy.announcing import say
from deploy.production.broker import write_broker_settings
from deploy.production.folder import ProductionFolder
from deploy.production.ports import Ports
from deploy.provisioning.broker import VHOST, definitions
from deploy.provisioning.broker_http import send_definitions
from deploy.provisioning.credentials import keep_urls, known_urls
from deploy.provisioning.database import provision_database
from deploy.services import WITH_TABLES
from shared.runtime.settings import Settings

Urls = dict[str, str]
_PASSWORD_BYTES = 24


def give_access_to_broker(settings: Settings, folder: ProductionFolder, ports: Ports) -> None:
    """Give each service its broker user; the private broker learns of them when it starts.

    Raises:
        CannotStart: somebody else's broker does not take them.
    """
    passwords = _passwords(known_urls(folder.credentials, "amqp_url"))
    if settings.amqp_url is None:
        urls = _private_urls(passwords, ports)
        write_broker_settings(folder, passwords)
    else:
        urls = _given_urls(settings.amqp_url, settings.amqp_admin_url, passwords)
    keep_urls(folder.credentials, "amqp_url", urls)


def give_access_to_database(admin_url: str, folder: ProductionFolder) -> None:
    """Give each service its role and its schema."""
    known = known_urls(folder.credentials, "database_url")
    urls = provision_database(admin_url, WITH_TABLES, known)
    keep_urls(folder.credentials, "database_url", urls)


def _passwords(known: Mapping[str, str]) -> dict[str, str]:
    """Return a password for each service; one that it has already stays."""
    return {
        service: _password(known.get(service, ""), service)
        or secrets.token_urlsafe(_PASSWORD_BYTES)
        for service in WITH_TABLES
    }


def _password(url: str, service: str) -> str | None:
    parts = urlsplit(url)
    return parts.password if parts.username == service else None


def _private_urls(passwords: Mapping[str, str], ports: Ports) -> Urls:
    return {
        service: f"amqp://{service}:{password}@127.0.0.1:{ports.amqp}/{VHOST}"
        for service, password in passwords.items()
    }


def _given_urls(given: str, admin_url: str | None, passwords: Mapping[str, str]) -> Urls:
    """Return the URLs of somebody else's broker, where its management plugin may make our users."""
    if admin_url is None:
        say(
            "所有服务共用 WANGGE_AMQP_URL 的用户 · all services share the user of WANGGE_AMQP_URL: "
            "without WANGGE_AMQP_ADMIN_URL none can be made for each"
        )
        return dict.fromkeys(passwords, given)
    parts = urlsplit(given)
    vhost = parts.path.removeprefix("/") or quote(VHOST)
    send_definitions(admin_url, definitions(passwords, unquote(vhost)))
    host = parts.netloc.rpartition("@")[2]
    return {
        service: parts._replace(netloc=f"{service}:{password}@{host}", path=f"/{vhost}").geturl()
        for service, password in passwords.items()
    }
