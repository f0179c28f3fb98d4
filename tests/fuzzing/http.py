"""The whole OpenAPI document as somebody may use it: right, wrong, without a token, in any role."""

import random
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
import requests
import schemathesis
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.errors import SchemathesisError
from schemathesis.specs.openapi import checks

from tests.fuzzing.account import Account
from tests.fuzzing.drawing import SEED, drawn, shuffled
from tests.platform import Platform

ACCOUNTS = (
    "district",
    "street",
    "community",
    "member",
    "mediator",
    "department",
    "auditor",
    "admin",
)
CHECKED = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
AnyCase = Case[Any]
TIMEOUT_S = 60
STREAM = "/api/v1/stream"
LOGOUT = "/api/v1/auth/logout"
# They make everything anew, or hand all of it out, so a few are enough.
FEW = {
    "/api/v1/command/rebuild": 3,
    "/api/v1/exports/incidents.csv": 20,
    "/api/v1/exports/incidents.xlsx": 20,
    "/api/v1/exports/incidents.gpkg": 20,
}
MOST_ROUNDS = 4
# A drawn id may make a path that there is none of, or hold what no address may.
LEADS_NOWHERE = {"no_such_path", "nul_character"}
WITHOUT_TOKEN = 0.05


class Requests:
    """Sends what is drawn from the document to a platform, and looks at each answer."""

    def __init__(self, platform: Platform, account: Account) -> None:
        self._platform = platform
        self._account = account
        self._session = requests.Session()
        self._random = random.Random(SEED)
        self._tokens = {name: platform.token(name) for name in ACCOUNTS}
        document = self._session.get(f"{platform.url}/openapi.json", timeout=TIMEOUT_S).json()
        self._schema = schemathesis.openapi.from_dict(document)
        self._known = known_of(platform)

    def close(self) -> None:
        self._session.close()

    def send(self, examples: int) -> None:
        """Send so many requests in all, half of them wrong on purpose, in any order."""
        cases: list[AnyCase] = []
        for number in range(MOST_ROUNDS):
            if len(cases) < examples:
                cases += self._cases(examples - len(cases), f"round {number}")
        for case in shuffled(cases, "requests"):
            self._send(case)

    def _cases(self, examples: int, salt: str) -> Iterator[AnyCase]:
        """Yield about so many; of what takes no parameters there are few different ones."""
        operations = [
            result.ok() for result in self._schema.get_all_operations() if isinstance(result, Ok)
        ]
        share = max(1, examples // (2 * len(operations)))
        for operation in operations:
            count = min(share, FEW.get(operation.path, share))
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                strategy = operation.as_strategy(generation_mode=mode)
                # What takes no parameters cannot be used wrongly.
                with suppress(SchemathesisError, Unsatisfiable):
                    yield from drawn(strategy, count, f"{operation.label} {mode.value} {salt}")

    def _send(self, case: AnyCase) -> None:
        self._make_meaningful(case)
        name = self._random.choice(ACCOUNTS)
        without = self._random.random() < WITHOUT_TOKEN and self._needs_token(case)
        headers = {} if without else {"Authorization": f"Bearer {self._tokens[name]}"}
        kind = "without a token" if without else _mode_of(case)
        try:
            answer = self._answer_to(case, headers)
        except (requests.exceptions.InvalidHeader, UnicodeEncodeError, ValueError) as error:
            self._account.ended(kind, f"cannot be sent: {type(error).__name__}")
            return
        except requests.exceptions.RequestException as error:
            self._account.find(f"{case.operation.label}: no answer", f"{error} {_shown(case)}")
            return
        self._account.ended(kind, str(answer.status_code))
        self._judge(case, answer, without)
        if case.operation.path == LOGOUT and answer.status_code == 204:
            self._tokens[name] = self._platform.token(name, anew=True)

    def _needs_token(self, case: AnyCase) -> bool:
        return bool(case.operation.definition.raw.get("security"))

    def _answer_to(self, case: AnyCase, headers: dict[str, str]) -> Any:
        if case.operation.path == STREAM:
            return self._beginning_of_stream(case, headers)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return case.call(
                base_url=self._platform.url,
                session=self._session,
                headers=headers,
                timeout=TIMEOUT_S,
            )

    def _beginning_of_stream(self, case: AnyCase, headers: dict[str, str]) -> requests.Response:
        sent = case.as_transport_kwargs(base_url=self._platform.url, headers=headers)
        with self._session.request(**sent, stream=True, timeout=TIMEOUT_S) as answer:
            if answer.status_code == 200:
                answer._content = next(answer.iter_lines())
            else:
                _ = answer.content
            return answer

    def _make_meaningful(self, case: AnyCase) -> None:
        """Let half of the cases ask for something there is."""
        for name in list(case.path_parameters or {}):
            if self._known.get(name) and self._random.random() < 0.5:
                case.path_parameters[name] = self._random.choice(self._known[name])

    def _judge(self, case: AnyCase, answer: Any, without: bool) -> None:
        label = case.operation.label
        if answer.status_code >= 500:
            self._account.find(
                f"{label}: {answer.status_code}", f"{answer.text[:600]} {_shown(case)}"
            )
        if without and answer.status_code != 401 and _code(answer) not in LEADS_NOWHERE:
            self._account.find(f"{label}: {answer.status_code} without a token", _shown(case))
        if _has_wrong_body(case) and answer.status_code < 300:
            self._account.find(f"{label}: took a body that is wrong", _shown(case))
        if case.operation.path == STREAM:
            return
        try:
            case.validate_response(answer, checks=CHECKED)
        except FailureGroup as group:
            for failure in group.exceptions:
                self._account.find(
                    f"{label}: {failure.title} ({answer.status_code})",
                    f"{failure.message[:400]} {answer.text[:200]} {_shown(case)}",
                )


def known_of(platform: Platform) -> dict[str, list[Any]]:
    """Return values of path parameters that there is something of."""
    district = platform.as_account("district")
    incidents = district.get("/incidents", params={"limit": 50}).json()["items"]
    cells = {
        incident["place"]["cell"]["code"] for incident in incidents if incident["place"]["cell"]
    }
    numbers = [incident["matter_no"] for incident in incidents]
    versions = platform.as_account("admin").get("/grid/boundaries").json()["items"]
    houses = district.get("/register/records", params={"kind": "house"}).json()["items"]
    return {
        "record_id": [house["id"] for house in houses],
        "incident_id": [incident["id"] for incident in incidents],
        "code": sorted(cells),
        "version": [version["version"] for version in versions],
        "z": [12],
        "x": [3324],
        "y": [1675],
        "matter_no": numbers,
        "service_request_id": numbers,
        "token": numbers,
        "service_code": ["05", "06", "09"],
        "collection_id": ["cells", "incidents"],
        "letter_id": ["patrol:none", "command:none"],
    }


def _code(answer: Any) -> str:
    return str(orjson.loads(answer.content or b"{}").get("code"))


def _mode_of(case: AnyCase) -> str:
    return "right" if case.meta is None or case.meta.generation.mode.is_positive else "wrong"


def _has_wrong_body(case: AnyCase) -> bool:
    """Tell whether the body is none the document allows; in an address everything is a text."""
    body = None if case.meta is None else case.meta.components.get(ParameterLocation.BODY)
    return body is not None and body.mode.is_negative


def _shown(case: AnyCase) -> str:
    try:
        return str(case.as_curl_command())[:1200]
    except Exception as error:
        return f"{case!r} ({type(error).__name__})"[:1200]
