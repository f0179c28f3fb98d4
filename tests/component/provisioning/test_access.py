"""Each service's way in to a broker that is not ours: a user of its own where users can be made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection

from deploy.production.access import give_access_to_broker
from deploy.production.folder import ProductionFolder
from deploy.production.ports import Ports
from deploy.provisioning.broker import definitions
from deploy.provisioning.broker_http import send_definitions
from deploy.provisioning.credentials import known_urls
from deploy.services import WITH_TABLES
from shared.runtime.settings import Settings
from tests.component.provisioning.managed import PASSWORDS, Broker

NONE_OF_OUR_OWN = Ports(amqp=0, erlang=0, epmd=0, postgres=0)


@pytest.fixture
def folder(tmp_path: Path) -> ProductionFolder:
    folder = ProductionFolder.of(tmp_path)
    folder.make()
    return folder


@pytest.fixture
def given(broker: Broker) -> Iterator[Broker]:
    """Give the broker, whose users have their old passwords again afterwards."""
    yield broker
    send_definitions(broker.management, definitions(PASSWORDS))


def urls_after(settings: Settings, folder: ProductionFolder) -> dict[str, str]:
    give_access_to_broker(settings, folder, NONE_OF_OUR_OWN)
    return known_urls(folder.credentials, "amqp_url")


def test_each_service_gets_a_user_where_users_can_be_made(
    given: Broker, folder: ProductionFolder
) -> None:
    settings = Settings(amqp_url=given.url, amqp_admin_url=given.management)

    urls = urls_after(settings, folder)

    assert len(set(urls.values())) == len(WITH_TABLES)
    for service, url in urls.items():
        assert f"//{service}:" in url
        with Connection(url) as connection:
            connection.connect()
    assert urls_after(settings, folder) == urls, "a password that is known stays"


def test_all_share_the_given_user_where_none_can_be_made(
    folder: ProductionFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = "amqp://somebody:secret@broker.example/theirs"

    urls = urls_after(Settings(amqp_url=theirs), folder)

    assert urls == dict.fromkeys(WITH_TABLES, theirs)
    said = capsys.readouterr().out
    assert "WANGGE_AMQP_ADMIN_URL" in said
    assert "secret" not in said
