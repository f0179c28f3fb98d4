"""The image is not root, holds no compiler, and hands SIGTERM to Python."""

import json
import re
from pathlib import Path

import pytest

from deploy.manifests.processes import known_variables

ROOT = Path(__file__).parents[2]
Instruction = tuple[str, str]


@pytest.fixture(scope="module")
def image() -> list[Instruction]:
    """Return the instructions of the last stage."""
    text = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    parts = [line.partition(" ") for line in lines.splitlines() if line.strip()]
    instructions = [(name, value.strip()) for name, _, value in parts]
    last = max(place for place, (name, _) in enumerate(instructions) if name == "FROM")
    return instructions[last:]


def values(image: list[Instruction], name: str) -> list[str]:
    return [value for each, value in image if each == name]


def test_its_user_is_a_number_other_than_roots(image: list[Instruction]) -> None:
    [user] = values(image, "USER")

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_the_first_process_is_no_shell_and_passes_signals_on(image: list[Instruction]) -> None:
    [entry] = values(image, "ENTRYPOINT")

    assert json.loads(entry) == ["tini", "--", "python", "-m"]
    assert values(image, "STOPSIGNAL") == ["SIGTERM"]


def test_it_holds_no_compiler(image: list[Instruction]) -> None:
    installed = " ".join(values(image, "RUN"))

    assert not re.search(r"\b(gcc|g\+\+|build-essential|clang|make|\S+-dev)\b", installed)


def test_its_packages_are_those_of_the_lock_and_none_is_built() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")

    assert "--require-hashes --only-binary :all: -r requirements.lock" in text


def test_its_variables_are_settings(image: list[Instruction]) -> None:
    names = set(re.findall(r"\b(WANGGE_\w+|PORT)=", " ".join(values(image, "ENV"))))

    assert {"WANGGE_DATA", "WANGGE_HOST", "PORT"} <= names <= known_variables()


def test_what_must_not_leave_this_machine_is_not_sent_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert lines[1] == "*"
    assert sent == {"requirements.lock", "pyproject.toml", "services", "shared", "deploy"}
