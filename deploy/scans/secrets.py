"""Secrets in the repository: `python -m deploy.scans.secrets` looks through every file git knows.

Few patterns, each of something that is a secret wherever it stands; words that are made up on purpose
are listed, and a list of words that stand for a secret is not needed for what is made at random.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_PATTERNS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
    "a password in an address": re.compile(r"\b[a-z0-9+]+://[^\s:/@'\"{}$<]*:([^\s:/@'\"{}$<]+)@"),
    "a key of a cloud": re.compile(r"\b(AKIA|ASIA|LTAI|AKID|ghp_|glpat-|xox[bp]-)[\w-]{12,}"),
    "a value that is called a secret": re.compile(
        r"""(?i)\b\w*(?:password|passwd|secret|api_?key|private_?key)\w*["']?\s*[:=]\s*["']([^"'\s{}$]{12,})["']"""
    ),
}
# Made up, and good for nothing.
_MADE_UP = re.compile(
    r"(?i)just-for-the-tests|only-for-this|correct horse|example|password|secret|wrong|guest|test|"
    r"x{5,}|123456|\*\*\*|…|scram-sha-256|^PASS|^(admin|postgres|wangge|owner|new|other|hidden|tell-everybody)$"
)
_LONGEST = 2 << 20


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the kind of each secret in a text, never the secret."""
    for number, line in enumerate(text.splitlines(), start=1):
        for kind, pattern in _PATTERNS.items():
            found = pattern.search(line)
            if found is not None and not _MADE_UP.search((found.groups() or ("",))[-1]):
                yield number, kind


def main() -> int:
    """Look through the repository; return the exit code."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 – wherever it is
        capture_output=True,
        check=True,
    )
    files = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    found = [
        f"{file}:{number}: {kind}"
        for file in files
        if file.is_file() and file.stat().st_size <= _LONGEST
        for number, kind in secrets_in(file.read_text("utf-8", errors="replace"))
    ]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.stdout.write(f"{len(files)} files, {len(found)} secrets · 密钥检查\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
