"""A real identity provider on this machine: npm's `oidc-provider`, installed once into a cache folder."""

import hashlib
import html
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx

from tests.component.gateway.browser import API
from tests.platform import free_port, wait_for

FOLDER = Path(__file__).parent / "provider"
CLIENT, SECRET = "wangge", "a secret with % and : in it"
REDIRECT_URI = f"http://edge{API}/auth/oidc/callback"
START_WITHIN_S = 30
INSTALL_WITHIN_S = 300
OLDEST_NODE = 20


def find_node() -> str | None:
    """Return where node is, when it and npm are there and new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return node if int(told.strip().removeprefix("v").partition(".")[0]) >= OLDEST_NODE else None


def installed() -> Path:
    """Install what the lock file names, unless that was done before; return the folder."""
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "wangge" / f"provider-{lock}"
    if not (folder / "node_modules").exists():
        partial = folder.with_name(f"{folder.name}.{os.getpid()}")
        partial.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FOLDER / name, partial)
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(npm, cwd=partial, check=True, capture_output=True, timeout=INSTALL_WITHIN_S)
        try:
            partial.rename(folder)
        except OSError:  # somebody else was first
            shutil.rmtree(partial)
    shutil.copy(FOLDER / "provider.mjs", folder)
    return folder


class ProviderProcess:
    """The provider; started again it has another signing key."""

    def __init__(self, algorithm: str) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._algorithm = algorithm
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        node = find_node()
        assert node is not None
        given = [str(self.port), CLIENT, SECRET, REDIRECT_URI, self._algorithm]
        self._process = subprocess.Popen(
            [node, "provider.mjs", *given],
            cwd=installed(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._answers, within_s=START_WITHIN_S, what="the identity provider to answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the identity provider ended"
        try:
            return httpx.get(f"{self.issuer}/.well-known/openid-configuration").is_success
        except httpx.TransportError:
            return False


@contextmanager
def running_provider(algorithm: str) -> Iterator[ProviderProcess]:
    """Run a provider until the end of the block."""
    provider = ProviderProcess(algorithm)
    try:
        provider.start()
        yield provider
    finally:
        provider.stop()


def walk(address: str, name: str) -> str:
    """Go as a person would: sign in as *name*, agree, and return the address one is sent back to."""
    with httpx.Client(timeout=30) as browser:
        answer = browser.get(address)
        for _ in range(10):
            if (location := answer.headers.get("location")) is not None:
                address = urljoin(address, location)
                if address.startswith(REDIRECT_URI):
                    return address
                answer = browser.get(address)
            else:
                address, form = _form_of(answer.text, address, name)
                answer = browser.post(address, data=form)
    raise AssertionError("the provider led nowhere")


def _form_of(page: str, address: str, name: str) -> tuple[str, dict[str, str]]:
    action = re.search(r'<form[^>]*action="([^"]+)"', page)
    prompt = re.search(r'name="prompt" value="([^"]+)"', page)
    assert action is not None, page
    assert prompt is not None, page
    form = {"prompt": prompt[1]}
    if prompt[1] == "login":
        form |= {"login": name, "password": "any"}
    return urljoin(address, html.unescape(action[1])), form
