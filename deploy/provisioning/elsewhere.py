"""A broker and a database that stand elsewhere, made ready by their administrators' URLs.

The services' passwords are known beforehand, from the file that the services' own secrets were made
with: nobody could tell a running service a new one.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.provisioning.broker import definitions
from deploy.provisioning.broker_http import send_definitions
from deploy.provisioning.credentials import known_urls
from deploy.provisioning.database import provision_database
from deploy.provisioning.queues import declare_in_a_process
from deploy.services import WITH_TABLES
from shared.kernel.errors import Invalid
from shared.runtime.settings import Settings


def provision(settings: Settings) -> None:
    """Make the users, roles, schemas and rights that the credentials name; nothing is lost by a second run.

    Raises:
        Invalid: a setting or a service's URL is missing, or the administrator may not make roles.
        CannotStart: the broker's management plugin does not take its part, or the broker no queues.
        psycopg2.Error: the database is away.
    """
    if None in (settings.credentials, settings.amqp_admin_url, settings.database_url):
        raise Invalid(
            code="not_told_where",
            zh="请设置 WANGGE_CREDENTIALS、WANGGE_AMQP_ADMIN_URL 和 WANGGE_DATABASE_URL。",
            en="Set WANGGE_CREDENTIALS, WANGGE_AMQP_ADMIN_URL and WANGGE_DATABASE_URL.",
        )
    broker = _of_each(settings.credentials or Path(), "amqp_url")
    database = _of_each(settings.credentials or Path(), "database_url")
    passwords = {service: unquote(urlsplit(url).password or "") for service, url in broker.items()}
    [vhost] = {unquote(urlsplit(url).path.removeprefix("/")) for url in broker.values()}
    send_definitions(settings.amqp_admin_url or "", definitions(passwords, vhost))
    made = provision_database(settings.database_url or "", WITH_TABLES, database)
    if {urlsplit(url).username for url in made.values()} != set(WITH_TABLES):
        raise Invalid(
            code="may_not_make_roles",
            zh="WANGGE_DATABASE_URL 的用户无权建立角色；请换用有 CREATEROLE 权限的用户。",
            en="The user of WANGGE_DATABASE_URL may not make roles; give one with CREATEROLE.",
        )
    declare_in_a_process(os.environ | {"WANGGE_CREDENTIALS": str(settings.credentials)})


def _of_each(credentials: Path, kind: str) -> Mapping[str, str]:
    urls = known_urls(credentials, kind)
    missing = [service for service in WITH_TABLES if service not in urls]
    if missing:
        raise Invalid(
            code="credentials_missing",
            zh=f"凭据文件缺少 {'、'.join(missing)} 的 {kind}。",
            en=f"The credentials lack the {kind} of {', '.join(missing)}.",
        )
    return urls
