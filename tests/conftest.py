"""Runs every test that stands on a broker and a database in both profiles.

Nothing here may load the broker's or the database's library: some tests want the process green first.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.grouping import GroupScheduling, group_of
from tests.memory import folder_in_memory
from tests.profiles import MARKER, Profile, is_of_another, profiles_of, warning

# What a change must pass gives the same answer twice; to look further, HYPOTHESIS_PROFILE=explore.
hypothesis.settings.register_profile("gate", derandomize=True)
hypothesis.settings.register_profile("explore", print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--profile", choices=[str(profile) for profile in Profile], help="run in this profile alone"
    )
    parser.addoption(
        "--examples",
        type=int,
        help="how many cases each fuzzing test draws; without it a short form",
    )


@pytest.hookimpl(tryfirst=True)  # before pytest looks where to write
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}(profile, why): runs in one profile alone")
    if not hasattr(config, "workerinput") and (folder := folder_in_memory()) is not None:
        # Workers, and the processes of tests, find it there.
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        # Short: the path of a socket has a hundred characters at most.
        config.option.basetemp = config.option.basetemp or str(folder / "t")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "profile" in metafunc.fixturenames:
        able = profiles_of(metafunc.definition)
        metafunc.parametrize("profile", able, indirect=True, scope="session")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Have what shares a platform run on one worker.

    Not by marks: with pytest 9.2 the names they make do not reach the scheduler of pytest-xdist 3.8.
    """
    return GroupScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        # The longest first, so that no worker is left alone with them at the end.
        items.sort(key=lambda test: not group_of(test.nodeid).startswith("journey-"))
    asked = config.getoption("profile")
    others = [test for test in items if is_of_another(test, asked)]
    items[:] = [test for test in items if test not in others]
    config.hook.pytest_deselected(items=others)


@pytest.fixture(scope="session")
def profile(request: pytest.FixtureRequest) -> Profile:
    """Give the profile in which the test runs."""
    return Profile(request.param)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if (told := warning(config.getoption("profile"))) is not None:
        terminalreporter.section("profiles", red=True, bold=True)
        terminalreporter.line(told, red=True, bold=True)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Collect no garbage while a failure is written down.

    A connection among it says goodbye, which switches green threads inside Python's own parser.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
