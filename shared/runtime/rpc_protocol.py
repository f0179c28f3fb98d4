"""nameko's RPC protocol, and what a caller says who gets no answer: the same for every way to the broker."""

from typing import Any

from shared.kernel.errors import Unavailable, from_wire
from shared.runtime.call import Call

EXCHANGE = "nameko-rpc"


def routing_key(service: str, method: str) -> str:
    return f"{service}.{method}"


def request(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"args": [], "kwargs": arguments}


def answer_of(service: str, reply: dict[str, Any], call: Call) -> Any:
    """Return the answer that a reply holds.

    Raises:
        Refusal: what the service said no to, or that it failed.
    """
    if reply.get("error"):
        raise service_fault(service, call.call_id)
    result = reply["result"]
    if "refusal" in result:
        raise from_wire(result["refusal"])
    return result["answer"]


def service_away(service: str) -> Unavailable:
    return Unavailable(
        code="service_away",
        zh=f"服务 {service} 暂时不可用，请稍后再试。",
        en=f"The {service} service is away; try again in a moment.",
    )


def service_slow(service: str) -> Unavailable:
    return Unavailable(
        code="service_slow",
        zh=f"服务 {service} 未能按时答复，请稍后用同一 Idempotency-Key 再试。",
        en=f"The {service} service did not answer in time; try again with the same Idempotency-Key.",
    )


def service_fault(service: str, call_id: str) -> Unavailable:
    return Unavailable(
        code="service_fault",
        zh=f"服务 {service} 内部出错，已记录，编号 {call_id}。",
        en=f"The {service} service failed inside; it is on record as {call_id}.",
    )
