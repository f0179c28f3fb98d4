"""The first secrets of a deployment in containers, made up once: files for compose, Secrets for Kubernetes.

The keyring is a folder of its own, mounted as one: a file that is mounted alone stays what it was when
another takes its place.

python -m deploy.first_secrets compose var/secrets
python -m deploy.first_secrets kubernetes | kubectl create --namespace wangge-dev --filename -
"""

import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from deploy.services import WITH_TABLES
from shared.runtime.identity_keys import new_pair
from shared.runtime.keyring import first_keys, keys_to

Secrets = dict[str, dict[str, str]]

CREDENTIALS = "credentials.json"
KEYRING, KEYRING_FILE = "keyring", "keyring.json"
_ADMIN = "admin"
# Mounted as files, and in which folder they lie; all others are variables.
_AS_FILES = {"credentials": ".", KEYRING: KEYRING}
_USAGE = "用法 · usage: python -m deploy.first_secrets compose FOLDER | kubernetes\n"


def first_secrets() -> Secrets:
    """Return new secrets by name: each service's own, the administrators', and what all of them are."""
    identities = _identities()
    services = {
        name: _urls(name, _password(), _password()) | identities[name] for name in WITH_TABLES
    }
    broker, database = _password(), _password()
    return {
        **services,
        "broker": {"RABBITMQ_DEFAULT_USER": _ADMIN, "RABBITMQ_DEFAULT_PASS": broker},
        "database": {"POSTGRES_PASSWORD": database},
        "provision": {
            "WANGGE_AMQP_URL": _broker_url(_ADMIN, broker),
            "WANGGE_AMQP_ADMIN_URL": f"http://{_ADMIN}:{broker}@broker:15672",
            "WANGGE_DATABASE_URL": f"postgresql://postgres:{database}@database:5432/postgres",
        },
        "demo": {"WANGGE_DEMO_PASSWORD": secrets.token_urlsafe(9)},
        KEYRING: {KEYRING_FILE: keys_to(first_keys()).decode() + "\n"},
        "credentials": {CREDENTIALS: json.dumps(_known_to_the_steps(services), indent=2) + "\n"},
    }


def _password() -> str:
    return secrets.token_hex(24)  # stands in a URL as it is


def _identities() -> Secrets:
    """Return each service's own key to sign with, and with it the public ones of all."""
    pairs = {name: new_pair() for name in WITH_TABLES}
    public = ",".join(f"{name}:{key}" for name, (_, key) in pairs.items())
    return {
        name: {"WANGGE_IDENTITY_KEY": own, "WANGGE_IDENTITY_KEYS": public}
        for name, (own, _) in pairs.items()
    }


def _urls(service: str, broker: str, database: str) -> dict[str, str]:
    return {
        "WANGGE_AMQP_URL": _broker_url(service, broker),
        "WANGGE_DATABASE_URL": f"postgresql://{service}:{database}@database:5432/wangge",
    }


def _broker_url(user: str, password: str) -> str:
    return f"amqp://{user}:{password}@broker:5672/wangge"


def _known_to_the_steps(services: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {
        name: {
            "amqp_url": urls["WANGGE_AMQP_URL"],
            "database_url": urls["WANGGE_DATABASE_URL"],
        }
        for name, urls in services.items()
    }


def kubernetes_form(made: Secrets) -> dict[str, Any]:
    """Return them as a list that `kubectl create` takes, and refuses to take twice."""
    return {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}
            for name, data in made.items()
        ],
    }


def write_for_compose(made: Secrets, folder: Path) -> None:
    """Write an env file for each, the credentials and the keyring, whole or not at all.

    Raises:
        FileExistsError: there are secrets already; the running servers know them.
    """
    if folder.exists():
        raise FileExistsError(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Only its owner enters a folder made so.
    new = Path(mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    (new / KEYRING).mkdir()
    (new / KEYRING).chmod(0o755)
    for name, data in made.items():
        if name in _AS_FILES:
            [(file_name, text)] = data.items()
            file = new / _AS_FILES[name] / file_name
            file.write_text(text)
            # Mounted as it is: the containers' user, who is not the owner, has to read it.
            file.chmod(0o644)
        else:
            file = new / f"{name}.env"
            file.write_text("".join(f"{key}={value}\n" for key, value in data.items()))
            file.chmod(0o600)
    new.rename(folder)


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit code."""
    match arguments:
        case ["compose", folder]:
            return _for_compose(Path(folder))
        case ["kubernetes"]:
            sys.stdout.write(json.dumps(kubernetes_form(first_secrets()), indent=2) + "\n")
            return 0
        case _:
            sys.stderr.write(_USAGE)
            return 2


def _for_compose(folder: Path) -> int:
    try:
        write_for_compose(first_secrets(), folder)
    except FileExistsError:
        sys.stderr.write(
            f"{folder} 已存在，运行中的服务器只认其中的口令；如确要重建，请先删除它和数据卷。 · "
            f"{folder} exists, and the servers know what is in it; "
            "to begin anew, remove it and the volumes first.\n"
        )
        return 1
    sys.stdout.write(f"密钥已写入 · secrets written: {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
