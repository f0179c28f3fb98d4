"""Typed doors: a method's annotations read what comes in and write what goes out.

A door returns plain values and raises refusals; what crosses the bus is
`{"answer": …}` or `{"refusal": …}`.
"""

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, get_type_hints

import structlog
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, to_jsonable_python
from sqlalchemy.exc import SQLAlchemyError

from shared.kernel.errors import FieldError, Forbidden, Invalid, Refusal, Unavailable
from shared.kernel.rights import Permission
from shared.runtime import audit
from shared.runtime.database_errors import is_away, refusal_of, was_beaten
from shared.runtime.identity import Forged
from shared.runtime.work import AnsweredBefore

log = structlog.get_logger()
Permissions = tuple[Permission, ...]

# A command that another one beat to a key, or that was chosen to end a deadlock, is begun anew.
TRIES = 3


def invalid(error: ValidationError, *, under: str = "") -> Invalid:
    """Return the refusal that names each wrong field, without quoting what was in it."""
    return Invalid(
        code="invalid",
        zh="有字段不合要求，详见 errors。",
        en="Some fields are wrong; see errors.",
        errors=tuple(field_error(detail, under) for detail in error.errors(include_url=False)),
    )


def field_error(detail: ErrorDetails, under: str = "") -> FieldError:
    """Return one of pydantic's findings in both languages."""
    path = ".".join(str(part) for part in ((under,) if under else ()) + detail["loc"])
    kind = detail["type"]
    return FieldError(field=path, code=kind, zh=_in_chinese(kind, detail), en=detail["msg"])


_CHINESE = {
    "missing": "缺少必填字段",
    "extra_forbidden": "没有这个字段",
    "float_parsing": "应为数字",
    "float_type": "应为数字",
    "finite_number": "应为有限数字",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "string_type": "应为文字",
    "list_type": "应为列表",
    "dataclass_type": "应为对象",
    "dict_type": "应为对象",
    "enum": "不在可选值之内",
    "literal_error": "不在可选值之内",
    "datetime_parsing": "应为 RFC 3339 时间",
    "datetime_from_date_parsing": "应为 RFC 3339 时间",
    "timezone_aware": "时间须带时区",
    "string_too_long": "文字过长",
    "string_too_short": "文字过短",
    "string_pattern_mismatch": "格式不符",
    "too_long": "数量过多",
    "too_short": "数量不足",
    "greater_than_equal": "数值过小",
    "less_than_equal": "数值过大",
    "json_invalid": "不是合法的 JSON",
}


def _in_chinese(kind: str, detail: ErrorDetails) -> str:
    text = _CHINESE.get(kind, "不合要求")
    expected = detail.get("ctx", {}).get("expected")
    return f"{text}：{expected}" if expected else text


def answering(method: Callable[..., Any], needs: Permissions) -> Callable[..., Any]:
    """Make a reading door of *method*, for those who have any of the permissions it *needs*."""
    return _door(method, method, needs)


def commanding(
    method: Callable[..., Any], needs: Permissions, *, takes_long: bool = False
) -> Callable[..., Any]:
    """Make a writing door of *method*: done once for each idempotency key, kept when answered.

    The key is entered at the end, so that a command costs one statement for it. One that *takes
    long* looks for it first as well, lest a repetition does all the work again for nothing.
    """

    def perform(service: Any, **arguments: Any) -> Any:
        try:
            answer = _performed(service, method, arguments, takes_long)
        except AnsweredBefore as before:
            log.info("command_repeated", service=service.name, door=method.__name__)
            return before.answer
        log.info("command_done", service=service.name, door=method.__name__, **_about(answer))
        return answer

    return _door(method, perform, needs)


def _performed(
    service: Any, method: Callable[..., Any], arguments: dict[str, Any], takes_long: bool
) -> Any:
    if takes_long:
        service.work.raise_if_answered()
    action, algorithm = f"{service.name}.{method.__name__}", service.settings.audit_digest
    try:
        answer = to_jsonable_python(method(service, **arguments))
        audit.note(
            service.work,
            service.call,
            action,
            about=service.serving.about or _matter_of(answer),
            reason=service.serving.reason,
            algorithm=algorithm,
        )
        service.work.keep(answer)
    except Refusal as refusal:
        # Repeated, a command may be refused because it was done: its step does not follow twice.
        service.work.close()
        service.work.raise_if_answered()
        if not isinstance(refusal, Unavailable):
            _note_refusal(service, method, refusal)
        raise
    return answer


def _note_refusal(service: Any, method: Callable[..., Any], refusal: Refusal) -> None:
    audit.note_refusal(
        service.work.database,
        service.call,
        f"{service.name}.{method.__name__}",
        refusal.code,
        service.settings.audit_digest,
    )


def _about(answer: Any) -> dict[str, Any]:
    """Return which matter an answer is about, for the log; one that is closed off is not named."""
    matter_no = _matter_of(answer)
    return {} if matter_no is None or answer.get("closed_off") else {"matter_no": matter_no}


def _matter_of(answer: Any) -> str | None:
    return answer.get("matter_no") if isinstance(answer, dict) else None


def _door(
    method: Callable[..., Any], perform: Callable[..., Any], needs: Permissions
) -> Callable[..., Any]:
    read = _reader(method)

    @wraps(method)
    def door(service: Any, **arguments: Any) -> dict[str, Any]:
        try:
            _let_in(service, method, needs)
            return {
                "answer": to_jsonable_python(
                    _unbeaten(service, partial(perform, service, **read(arguments)))
                )
            }
        except Refusal as refusal:
            return {"refusal": refusal.to_wire()}
        except SQLAlchemyError as error:
            if (told := refusal_of(error)) is None:
                raise
            # Away, it is away for everybody: no trace for each who asks.
            trace = None if is_away(error) else error
            log.warning(
                "database_refused", code=told.code, reason=type(error).__name__, exc_info=trace
            )
            return {"refusal": told.to_wire()}
        finally:
            service.work.close()

    return door


def _let_in(service: Any, method: Callable[..., Any], needs: Permissions) -> None:
    """Let in whose passport is good and gives a right to this door; who is kept out is noted."""
    try:
        try:
            service.serving.show_passport()
        except Forged as forged:
            log.warning("identity_forged", door=method.__name__, reason=str(forged))
            raise identity_forged() from None
        service.call.actor.need(*needs)
    except Forbidden as refusal:
        _note_refusal(service, method, refusal)
        raise


def identity_forged() -> Forbidden:
    return Forbidden(
        code="identity_forged",
        zh="调用方身份无法核实，已拒绝并记入审计。",
        en="Who calls could not be verified; the call was refused and noted in the audit trail.",
    )


def _unbeaten(service: Any, perform: Callable[[], Any]) -> Any:
    """Return what *perform* returns; beaten by another transaction, it is done anew."""
    for _ in range(TRIES - 1):
        try:
            return perform()
        except SQLAlchemyError as error:
            if not was_beaten(error):
                raise
            log.info("command_beaten", service=service.name)
            service.work.close()
    return perform()


def _reader(method: Callable[..., Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a function that turns JSON arguments into what the annotations say."""
    hints = get_type_hints(method)
    parameters = list(inspect.signature(method).parameters.values())[1:]
    adapters = {parameter.name: TypeAdapter(hints[parameter.name]) for parameter in parameters}
    required = {p.name for p in parameters if p.default is inspect.Parameter.empty}

    def read(arguments: dict[str, Any]) -> dict[str, Any]:
        missing = required - arguments.keys()
        unknown = arguments.keys() - adapters.keys()
        if missing or unknown:
            raise Invalid(
                code="invalid",
                zh=f"缺少参数 {sorted(missing)}，多出参数 {sorted(unknown)}。",
                en=f"Missing arguments {sorted(missing)}, unknown arguments {sorted(unknown)}.",
            )
        return {name: _read_one(adapters[name], name, value) for name, value in arguments.items()}

    return read


def _read_one(adapter: TypeAdapter[Any], name: str, value: Any) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise invalid(error, under=name) from None
