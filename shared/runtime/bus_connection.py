"""The broker as kombu reaches it: in the clear, or over TLS with its certificate checked.

`amqps://user:password@broker:5671/vhost?cafile=/etc/wangge/ca.pem` says by whom the certificate has to be
signed; without `cafile` it is one of those this machine trusts. The edge's own driver reads the same.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from kombu import Connection

_TLS = "amqps"
_AUTHORITY = "cafile"


def bus_connection(url: str, **options: Any) -> Connection:
    """Return a connection that is not open yet; kombu's own choice checks no certificate."""
    parts = urlsplit(url)
    if parts.scheme != _TLS:
        return Connection(url, **options)
    [authority] = parse_qs(parts.query).get(_AUTHORITY, [None])
    return Connection(
        urlunsplit(parts._replace(query="")),
        ssl={
            "server_hostname": parts.hostname,
            "context": {"cafile": authority, "check_hostname": True},
        },
        **options,
    )
