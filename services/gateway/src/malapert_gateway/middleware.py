"""Middleware of every HTTP call: its identifiers, security headers and the access log."""

import re
import time

import structlog
from malapert_core.metric_names import HTTP_DURATION_S
from malapert_core.vocabulary.identifiers import new_identifier
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from malapert_gateway.problems import head_too_large, trace_id

log = structlog.get_logger(__name__)

REQUEST_ID_HEADER = "X-Request-Id"
TRACE_ID_HEADER = "X-Trace-Id"
MOST_HEAD_BYTES = 32 * 1024
"""Most bytes of a call's address and headers together."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_SHOWN_PATH = 200
_QUIET = ("/healthz", "/readyz")
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PRIVATE = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


class CallContext:
    """Middleware of every call.

    Parameters
    ----------
    app
        What it wraps.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The server takes a head of any length that comes in one piece.
        head = sum(len(name) + len(value) for name, value in scope["headers"])
        if head + len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_HEAD_BYTES:
            await head_too_large(Request(scope), MOST_HEAD_BYTES)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call with its identifiers and headers, and write its line in the log."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = new_identifier()
        began_s = time.perf_counter()
        status, head_s = 500, 0.0

        async def send_with_headers(message: Message) -> None:
            nonlocal status, head_s
            if message["type"] == "http.response.start":
                status, head_s = message["status"], time.perf_counter()
                headers = MutableHeaders(scope=message)
                own = {REQUEST_ID_HEADER: request_id, TRACE_ID_HEADER: trace_id(), **_SECURITY}
                private = _PRIVATE if scope["path"].startswith("/api/") else {}
                for name, value in (own | private).items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._answer(scope, receive, send_with_headers)
            finally:
                if scope["path"] not in _QUIET:
                    duration_s = round(time.perf_counter() - began_s, 4)
                    head_after_s = (head_s or time.perf_counter()) - began_s
                    HTTP_DURATION_S.labels(_operation_of(scope), str(status)).observe(head_after_s)
                    method, path = scope["method"], scope["path"][:_SHOWN_PATH]
                    log.info("call answered", method=method, path=path, status=status, duration_s=duration_s)


def _operation_of(scope: Scope) -> str:
    """Return the name of the route that a call took; of calls to nowhere one for all."""
    return getattr(scope.get("route"), "name", None) or "none"
