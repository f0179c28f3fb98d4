"""Known weaknesses of the packages we lock: `python -m deploy.scans.advisories`.

It fails when one is known. Where nobody can be asked – no network, a mirror that has no advisories –
it says so loudly and does not fail: a machine without a network has to be able to build.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

LOCK = Path("requirements.lock")
PATIENCE_S = 60
_PIP_AUDIT = ("-m", "pip_audit", "--disable-pip", "--require-hashes", "--no-deps")
_NOT_OURS = {"node_modules", ".venv", "var"}


@dataclass(kw_only=True)
class Audit:
    """What is known of one lock file: its weak packages, and how many nobody could say anything of."""

    file: Path
    asked: int = 0
    weak: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield from (f"{self.file}: {weak}" for weak in self.weak)
        if self.unknown:
            yield (
                f"!!! {self.file}: NOT AUDITED, {len(self.unknown)} of {self.asked or 'all'} packages: "
                f"{self.unknown[0]} · 未能核查已知漏洞：{len(self.unknown)} 个依赖包"
            )
        elif not self.weak:
            yield f"{self.file}: {self.asked} packages, no known weakness · 无已知漏洞"


def audit_of_python(file: Path) -> Audit:
    """Return what PyPI's advisories say of a lock file (OSV takes them from there)."""
    command = [sys.executable, *_PIP_AUDIT, "--timeout", "5", "-f", "json", "-r", str(file)]
    return read_pip_audit(file, *_run(command, Path()))


def audit_of_node(file: Path) -> Audit:
    """Return what the npm registry's advisories say of a lock file."""
    return read_npm_audit(file, *_run(["npm", "audit", "--json"], file.parent))


def read_pip_audit(file: Path, said: bytes, complaint: str) -> Audit:
    """Return what pip-audit said in JSON; it passes over in silence what it could not ask about."""
    audit = Audit(file=file)
    try:
        packages = orjson.loads(said)["dependencies"]
    except (orjson.JSONDecodeError, KeyError):
        audit.unknown.append(complaint)
        return audit
    audit.asked = len(packages)
    for package in packages:
        if "skip_reason" in package:
            audit.unknown.append(package["skip_reason"])
        for weakness in package.get("vulns", ()):
            mended = ", ".join(weakness["fix_versions"]) or "no release"
            audit.weak.append(
                f"{package['name']} {package['version']}: {weakness['id']}, mended in {mended}"
            )
    return audit


def read_npm_audit(file: Path, said: bytes, complaint: str) -> Audit:
    """Return what npm said in JSON."""
    audit = Audit(file=file)
    try:
        told: dict[str, Any] = orjson.loads(said)
        audit.asked = told["metadata"]["dependencies"]["total"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        audit.unknown.append(complaint)
        return audit
    audit.weak = [
        f"{name} {weakness['range']}: {weakness['severity']}"
        for name, weakness in told["vulnerabilities"].items()
    ]
    return audit


def _run(command: list[str], folder: Path) -> tuple[bytes, str]:
    """Return what a command says, and the last thing it complains of."""
    try:
        ended = subprocess.run(  # noqa: S603 – our own words
            command, cwd=folder, capture_output=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return b"", type(error).__name__
    return ended.stdout, (ended.stderr.decode("utf-8", "replace").strip() or "?").splitlines()[-1]


def main() -> int:
    """Audit every lock file; return the exit code."""
    node = [file for file in Path().rglob("package-lock.json") if _NOT_OURS.isdisjoint(file.parts)]
    audits = [audit_of_python(LOCK), *map(audit_of_node, sorted(node))]
    for audit in audits:
        sys.stdout.write("".join(f"{line}\n" for line in audit.lines()))
    return int(any(audit.weak for audit in audits))


if __name__ == "__main__":
    sys.exit(main())
