"""A small HTTP server that answers like the edge, and can be made to fail like one."""

import contextlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.kernel.clock import china_now

PASSWORD = "right-password"
DISTRICT = {"code": "420802", "name": "东宝区"}

BUSY = "busy"
"""503, nothing done."""
CUT_BEFORE = "cut before"
"""The connection is cut before anything is done."""
CUT_AFTER = "cut after"
"""What was asked is done, and the connection cut before the answer."""


class Edge:
    """What the server knows and does; `troubles` befall the next requests that are no sign-in."""

    def __init__(self) -> None:
        self.incidents: dict[str, dict[str, Any]] = {}
        """Each incident by its Idempotency-Key."""
        self.bodies: dict[str, Any] = {}
        self.keys_asked: list[str] = []
        self.asked: list[str] = []
        self.uploads: list[tuple[dict[str, Any], dict[str, bytes]]] = []
        self.activations: list[Any] = []
        self.replayed: list[str] = []
        self.dead_letters: dict[str, dict[str, Any]] = {}
        self.unsent: list[dict[str, Any]] = []
        self.trail: dict[str, Any] = {"items": [], "next_cursor": None}
        self.listed_at_once = 200
        self.away: list[str] = []
        self.rebuilt = {"events": 12, "rows": 7, "differences": 0}
        self.report: dict[str, Any] = {}
        self.troubles: deque[str] = deque()
        self.unanswered: set[str] = set()
        """The Idempotency-Keys of what is never done."""
        self.sign_ins = 0
        self.otp: str | None = None
        """The code of the account's second factor, when it has one."""
        self.token_lasts = 10**9
        """How many requests a token is good for."""
        self.is_ready = True
        self.refuse_point: float | None = None
        self.slow_s = 0.0
        self.clock_behind = timedelta()
        self._tokens: dict[str, int] = {}
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return china_now() - self.clock_behind

    def token(self, form: dict[str, str]) -> tuple[int, Any]:
        with self._lock:
            if not self._proves(form):
                return problem(401, "sign_in_refused")
            if self.otp is not None and form["grant_type"] == "password":
                status, told = problem(401, "second_factor_needed")
                return status, told | {"challenge_token": "challenge"}
            self.sign_ins += 1
            token = f"token-{self.sign_ins}"
            self._tokens[token] = self.token_lasts
            return 200, {"access_token": token, "token_type": "bearer", "expires_in": 1800}

    def _proves(self, form: dict[str, str]) -> bool:
        if form.get("grant_type") == "second_factor":
            return (form["challenge_token"], form["otp"]) == ("challenge", self.otp)
        return form.get("password") == PASSWORD and form.get("grant_type") == "password"

    def admits(self, authorization: str | None) -> bool:
        with self._lock:
            token = (authorization or "").removeprefix("Bearer ")
            left = self._tokens.get(token, 0)
            self._tokens[token] = left - 1
            return left > 0

    def trouble(self) -> str | None:
        with self._lock:
            return self.troubles.popleft() if self.troubles else None

    def report_incident(self, key: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Do it once for each key, as the platform does."""
        time.sleep(self.slow_s)
        with self._lock:
            self.keys_asked.append(key)
            if key in self.unanswered:
                return problem(503, "unavailable")
            if key in self.incidents:
                if self.bodies[key] != body:
                    return problem(422, "idempotency_key_reused")
                return 201, self.incidents[key]
            if body["category"] == "99":
                return problem(422, "invalid", field="category")
            place = place_of(body["location"]["lon"])
            if place["status"] == "outside" and not body.get("accept_outside"):
                return problem(422, "outside_district", field="location")
            self.bodies[key] = body
            self.incidents[key] = {
                "id": f"i-{len(self.incidents)}",
                "matter_no": f"P-{len(self.incidents)}",
                "state": "reported",
                "place": place,
                "reported_at": self.now().isoformat(),
            }
            return 201, self.incidents[key]

    def age_incidents(self, seconds: float) -> None:
        """Let what there is have been reported earlier."""
        for incident in self.incidents.values():
            earlier = datetime.fromisoformat(incident["reported_at"]) - timedelta(seconds=seconds)
            incident["reported_at"] = earlier.isoformat()

    def locate(self, points: list[dict[str, Any]]) -> tuple[int, Any]:
        if len(points) > 10_000 or not points:
            return problem(422, "invalid", field="points")
        if any(point["lon"] == self.refuse_point for point in points):
            return problem(422, "invalid", field="points.0.lon")
        return 200, {"items": [place_of(point["lon"]) for point in points]}


def place_of(lon: float) -> dict[str, Any]:
    """Cells are a degree wide, from 100 to 120; up to 121 a point is snapped."""
    if not 100 <= lon <= 121:
        areas: dict[str, Any] = dict.fromkeys(("cell", "community", "street", "district"))
        return {"status": "outside", "distance_m": None, **areas, "boundary_version": 3}
    area = {"code": str(min(int(lon), 119)), "name": "格"}
    return {
        "status": "inside" if lon < 120 else "snapped",
        "distance_m": 0.0 if lon < 120 else 12.345,
        "cell": area,
        "community": area,
        "street": area,
        "district": DISTRICT,
        "boundary_version": 3,
    }


def problem(status: int, code: str, field: str | None = None) -> tuple[int, Any]:
    errors = [{"field": field, "code": code, "zh": "有误", "en": "is wrong"}] if field else []
    told = {"title": "拒绝", "status": status, "code": code, "zh": "不行", "en": "not so"}
    return status, {"type": f"urn:wangge:problem:{code}", **told, "errors": errors}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: apart, the second waits for the client's late acknowledgement.
    wbufsize = -1
    edge: Edge
    connections: set[socket.socket]

    def setup(self) -> None:
        super().setup()
        self.connections.add(self.connection)

    def finish(self) -> None:
        self.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _serve(self, body: bytes) -> None:
        path = urlsplit(self.path).path
        if path == "/readyz":
            self._answer(*((200, {}) if self.edge.is_ready else problem(503, "not_ready")))
            return
        path = path.removeprefix("/api/v1")
        if path == "/auth/token":
            self._answer(*self.edge.token(dict(parse_qsl(body.decode()))))
            return
        self.edge.asked.append(path)
        trouble = self.edge.trouble()
        if trouble == BUSY:
            self._answer(*problem(503, "unavailable"))
        elif trouble == CUT_BEFORE:
            self._cut()
        elif not self.edge.admits(self.headers["Authorization"]):
            self._answer(*problem(401, "token_not_good"))
        else:
            answer = self._done(path, body)
            if trouble == CUT_AFTER:
                self._cut()
            else:
                self._answer(*answer)

    def _done(self, path: str, body: bytes) -> tuple[int, Any]:
        if path == "/incidents":
            return self.edge.report_incident(self.headers["Idempotency-Key"], json.loads(body))
        if path == "/grid/locate":
            return self.edge.locate(json.loads(body)["points"])
        if path == "/grid/boundaries":
            self.edge.uploads.append(_parts(self.headers, body))
            return 201, self.edge.report
        if path.endswith("/activate"):
            self.edge.activations.append((path, json.loads(body)))
            return 200, {"state": "active"}
        if path == "/audit":
            self.edge.trail["asked"] = dict(parse_qsl(urlsplit(self.path).query))
            return 200, self.edge.trail
        if path == "/command/rebuild":
            return 200, self.edge.rebuilt
        return self._dead_letter(path)

    def _dead_letter(self, path: str) -> tuple[int, Any]:
        if path == "/command/deadletters":
            waiting = [
                letter
                for letter_id, letter in self.edge.dead_letters.items()
                if letter_id not in self.edge.replayed
            ]
            return 200, {
                "items": waiting[: self.edge.listed_at_once],
                "away": self.edge.away,
                "unsent": self.edge.unsent,
            }
        _, _, letter_id = path.removesuffix("/replay").rpartition("/")
        letter = self.edge.dead_letters.get(letter_id)
        if letter is None:
            return problem(404, "no_such_dead_letter")
        if path.endswith("/replay"):
            self.edge.replayed.append(letter_id)
        return 200, letter

    def _answer(self, status: int, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        kind = "application/json" if status < 400 else "application/problem+json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if status == 503:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(content)

    def _cut(self) -> None:
        self.close_connection = True
        _cut(self.connection)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(timestamp or self.edge.now().timestamp())

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def _parts(headers: Message, body: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the order and the files of a multipart body, files by their names."""
    boundary = str(headers["Content-Type"]).partition("boundary=")[2].encode()
    texts, files = {}, {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        fields = dict(
            item.strip().split("=", 1) for item in head.decode().splitlines()[0].split(";")[1:]
        )
        name = fields["name"].strip('"')
        if "filename" in fields:
            files[fields["filename"].strip('"')] = content
        else:
            texts[name] = json.loads(content)
    return texts["order"], files


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(edge: Edge, port: int = 0) -> Iterator[str]:
    """Serve *edge* and give its address; when the block ends nobody answers there any more."""
    connections: set[socket.socket] = set()
    handler = type("Handler", (_Handler,), {"edge": edge, "connections": connections})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for connection in tuple(connections):
            _cut(connection)
