"""Broker users made from outside, through RabbitMQ's management plugin."""

from typing import Any

import httpx

from deploy.data_folder import CannotStart

PATIENCE_S = 30.0


def send_definitions(admin_url: str, definitions: dict[str, Any]) -> None:
    """Give the broker these users and rights; what it has of other names stays as it is.

    Raises:
        CannotStart: it does not answer, or does not let this user.
    """
    url = httpx.URL(admin_url)
    try:
        answer = httpx.post(
            url.copy_with(path="/api/definitions", username=None, password=None),
            auth=(url.username, url.password),
            json=definitions,
            timeout=PATIENCE_S,
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        # The URL holds a password: only its host is named.
        raise CannotStart(
            f"WANGGE_AMQP_ADMIN_URL: the management plugin at {url.host} does not make users ({_reason(error)}). · "
            f"消息服务管理接口 {url.host} 未能建立用户，请检查 WANGGE_AMQP_ADMIN_URL。"
        ) from None


def _reason(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}: {error.response.text[:200]}"
    return type(error).__name__
