"""The two profiles in which the platform runs, and in which the same tests run.

`embedded` is the broker in the process and SQLite files. `production` is RabbitMQ and PostgreSQL: one
private server of each a session, a vhost and a database for each test. A test that asks for the fixture
`profile`, however far away, runs in both, unless it is about a mechanism that one of them alone has.
"""

from enum import StrEnum

import pytest

MARKER = "only_in"


class Profile(StrEnum):
    EMBEDDED = "embedded"
    PRODUCTION = "production"


def only_embedded(why: str) -> pytest.MarkDecorator:
    """Run it in the embedded profile alone."""
    return pytest.mark.only_in(Profile.EMBEDDED, why)


def only_production(why: str) -> pytest.MarkDecorator:
    """Run it in the production profile alone."""
    return pytest.mark.only_in(Profile.PRODUCTION, why)


def missing_servers() -> list[str]:
    """Return the packages without which there is no production profile on this machine."""
    from deploy.postgres import find_postgres  # not before the process is green
    from deploy.rabbitmq import find_rabbitmq

    found = {"rabbitmq-server": find_rabbitmq(), "postgresql": find_postgres()}
    return [package for package, where in found.items() if where is None]


def profiles_of(test: pytest.Function) -> list[object]:
    """Return the profiles in which *test* can run, as parameters."""
    able = list(Profile)
    for marker in test.iter_markers(MARKER):
        able = [profile for profile in able if profile == marker.args[0]]
    return [pytest.param(profile, id=profile, marks=_may_run(profile)) for profile in able]


def is_of_another(test: pytest.Item, asked: str | None) -> bool:
    """Tell whether *test* runs in another profile than the one asked for, if one was."""
    chosen = getattr(test, "callspec", None)
    if asked is None or chosen is None:  # a test without parameters
        return False
    return bool(chosen.params.get("profile", asked) != asked)


def _may_run(profile: Profile) -> list[pytest.MarkDecorator]:
    missing = missing_servers() if profile is Profile.PRODUCTION else []
    return [pytest.mark.skip(reason=_reason(missing))] if missing else []


def _reason(missing: list[str]) -> str:
    return f"the production profile needs {' and '.join(missing)}, not installed on this machine"


def warning(asked: str | None) -> str | None:
    """Return what a person must not overlook at the end of the tests."""
    if asked == Profile.EMBEDDED or not (missing := missing_servers()):
        return None
    return f"NOT TESTED IN THE PRODUCTION PROFILE: {_reason(missing)} · 未在生产环境配置下测试：缺少 {' '.join(missing)}"
