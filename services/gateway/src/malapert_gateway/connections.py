"""Connections of HTTP callers: bounded in number, and ended where what was begun does not go on.

The HTTP server waits for the rest of a request for ever: a caller with little to send could keep all connections taken.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from malapert_gateway.config import GatewaySettings

log = structlog.get_logger(__name__)

_BUSY = json.dumps(
    {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "reason": "TOO_MANY_CONNECTIONS",
        "detail": "too many connections are open; close some, or ask again later",
    }
).encode()
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(_BUSY), _BUSY)
)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Most open connections, in all and of one address that is no trusted proxy's, and how long is waited, seconds.

    ``request_s`` is for a whole head of a request, ``idle_s`` for more of a body, ``body_s`` for all of it.
    """

    most: int
    most_of_address: int
    request_s: float
    idle_s: float
    body_s: float
    proxies: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: GatewaySettings) -> "ConnectionLimits":
        """Return the limits that are set."""
        return cls(
            settings.most_connections,
            settings.connections_of_address,
            settings.request_limit_s,
            settings.body_idle_limit_s,
            settings.upload_deadline_s,
            tuple(settings.proxies),
        )

    def of_address(self, address: str) -> int:
        """Return the most connections of an address."""
        try:
            found = ip_address(address)
        except ValueError:
            return self.most_of_address
        is_proxy = any(found in ip_network(proxy, strict=False) for proxy in self.proxies)
        return self.most if is_proxy else self.most_of_address


class BoundedConnection(H11Protocol):
    """A connection that knows since when it waits for its caller."""

    def __init__(self, *args: Any, limits: ConnectionLimits, **more: Any) -> None:
        super().__init__(*args, **more)
        self._limits = limits
        self._waiting_since: float | None = None
        self._body_since = self._heard = 0.0

    def connection_made(self, transport: Any) -> None:
        """Take a connection, or refuse it where too many are open."""
        super().connection_made(transport)
        self._waiting_since = self._heard = self.loop.time()
        address = self.client[0] if self.client else ""
        same = sum(1 for each in self.connections if (getattr(each, "client", None) or ("",))[0] == address)
        if len(self.connections) > self._limits.most or same > self._limits.of_address(address):
            log.warning("connection refused", address=address, of_address=same, in_all=len(self.connections))
            transport.write(_REFUSAL)
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what came, and note since when the rest of a request is waited for."""
        if self.transport.is_closing():
            return
        before, self._heard = self.cycle, self.loop.time()
        super().data_received(data)
        if self.cycle is not before:
            self._body_since = self._heard
        if self._is_answering():
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = self._heard

    def end_if_stalled(self, now: float) -> None:
        """Close the connection where its caller has kept it waiting for too long."""
        limits = self._limits
        if not self._is_answering():
            if self._waiting_since is None and self.cycle is not None and self.cycle.more_body:
                # It was answered early, and goes on sending.
                self._waiting_since = now
            stalled = self._waiting_since is not None and now - self._waiting_since > limits.request_s
        else:
            is_sending = self.cycle.more_body and not self.flow.read_paused
            stalled = is_sending and (now - self._heard > limits.idle_s or now - self._body_since > limits.body_s)
        if stalled:
            log.info("connection of a stalled caller ended", address=self.client[0] if self.client else "")
            self.transport.abort()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete


def bounded_connections(settings: GatewaySettings) -> Any:
    """Return what makes the protocol of each connection."""
    return partial(BoundedConnection, limits=ConnectionLimits.of(settings))


def end_stalled(connections: Iterable[Any], now: float) -> None:
    """Close those of some connections whose callers have kept them waiting for too long."""
    for connection in list(connections):
        if isinstance(connection, BoundedConnection):
            connection.end_if_stalled(now)
