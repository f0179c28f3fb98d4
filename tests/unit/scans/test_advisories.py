"""A known weakness fails the build; what nobody could be asked about is said loudly and does not."""

from pathlib import Path

import orjson

from deploy.scans.advisories import read_npm_audit, read_pip_audit

LOCK = Path("requirements.lock")


def pip_audit(*packages: dict[str, object]) -> bytes:
    """Return what pip-audit writes."""
    return orjson.dumps({"dependencies": packages, "fixes": []})


class TestPython:
    def test_says_what_is_weak_and_where_it_is_mended(self) -> None:
        weakness = {"id": "PYSEC-2026-1", "fix_versions": ["2.1"], "aliases": [], "description": ""}

        audit = read_pip_audit(
            LOCK,
            pip_audit(
                {"name": "good", "version": "1", "vulns": []},
                {"name": "weak", "version": "2.0", "vulns": [weakness]},
            ),
            "",
        )

        assert audit.weak == ["weak 2.0: PYSEC-2026-1, mended in 2.1"]
        assert list(audit.lines()) == ["requirements.lock: weak 2.0: PYSEC-2026-1, mended in 2.1"]

    def test_says_that_all_is_well_only_when_all_was_asked_about(self) -> None:
        audit = read_pip_audit(LOCK, pip_audit({"name": "a", "version": "1", "vulns": []}), "")

        assert list(audit.lines()) == [
            "requirements.lock: 1 packages, no known weakness · 无已知漏洞"
        ]

    def test_says_loudly_what_could_not_be_asked_about(self) -> None:
        audit = read_pip_audit(
            LOCK, pip_audit({"name": "a", "skip_reason": "Dependency not found on PyPI"}), ""
        )

        [line] = audit.lines()
        assert line.startswith("!!! requirements.lock: NOT AUDITED, 1 of 1 packages")
        assert "未能核查" in line
        assert not audit.weak

    def test_says_loudly_that_nobody_could_be_asked(self) -> None:
        [line] = read_pip_audit(LOCK, b"", "ConnectionError: no such host").lines()

        assert line.startswith("!!! requirements.lock: NOT AUDITED")
        assert "no such host" in line


class TestNode:
    def test_says_what_is_weak(self) -> None:
        said = orjson.dumps(
            {
                "vulnerabilities": {"lodash": {"range": "<4.17.21", "severity": "high"}},
                "metadata": {"dependencies": {"total": 10}},
            }
        )

        assert read_npm_audit(Path("package-lock.json"), said, "").weak == ["lodash <4.17.21: high"]

    def test_says_loudly_that_nobody_could_be_asked(self) -> None:
        said = orjson.dumps({"message": "request failed", "error": {"code": "ENOTFOUND"}})

        [line] = read_npm_audit(Path("package-lock.json"), said, "npm error").lines()

        assert line.startswith("!!! package-lock.json: NOT AUDITED")
