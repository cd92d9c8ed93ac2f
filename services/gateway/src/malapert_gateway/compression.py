"""Middleware that sends long JSON answers to reading calls compressed, where the caller takes gzip."""

import asyncio
import gzip
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES = 4096
"""Shortest answer that is compressed: below it the time to do so costs more than the bytes saved."""
LEVEL = 5
"""Of zlib's nine: higher ones take far longer for a few percent."""
_COMPRESSED = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\b")
_WITH_SECRETS = re.compile(r"/api/v1/(?:keys|agencies|sessions|session-links|log-ins|whoami)\b")
"""Calls whose answers hold secrets or whom they belong to.

Compressed beside text that somebody else chose, the length of an answer would tell them (the attacks CRIME and BREACH).
"""


class Compression:
    """Middleware that compresses whole answers in another thread; what is streamed goes on as it comes.

    An `ETag` names the version for `If-Match`, not the bytes, and no answer may be stored (`no-store`): so it stays.

    Parameters
    ----------
    app
        What it wraps.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call, compressed where it may be."""
        if scope["type"] != "http" or scope["method"] != "GET" or _WITH_SECRETS.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        takes_gzip, held = accepts_gzip(Headers(scope=scope).get("accept-encoding", "")), None

        async def send_compressed(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_compressible(message):
                MutableHeaders(scope=message).add_vary_header("Accept-Encoding")
                if takes_gzip:
                    held = message
                    return
            elif held is not None:
                # A file comes in parts.
                if not message.get("more_body", False):
                    message = await _compressed(held, message)
                await send(held)
                held = None
            await send(message)

        await self._app(scope, receive, send_compressed)


def accepts_gzip(accepted: str) -> bool:
    """Return whether an Accept-Encoding header takes gzip (RFC 9110, section 12.5.3)."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.strip().partition(";")
        weights[name.strip()] = parameter.replace(" ", "")
    parameter = weights.get("gzip", weights.get("x-gzip", weights.get("*", "q=0")))
    return re.fullmatch(r"q=0(?:\.0*)?", parameter) is None


def _is_compressible(head: Message) -> bool:
    """Return whether an answer is long JSON that is sent in one piece: only of such is the length known beforehand."""
    headers = Headers(raw=head["headers"])
    return (
        int(headers.get("content-length", "0")) >= LEAST_BYTES
        and "content-encoding" not in headers
        and _COMPRESSED.match(headers.get("content-type", "")) is not None
    )


async def _compressed(head: Message, body: Message) -> Message:
    """Return an answer's body compressed; its head is changed to say so."""
    content = await asyncio.to_thread(gzip.compress, body["body"], LEVEL, mtime=0)
    headers = MutableHeaders(scope=head)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(content))
    return {**body, "body": content}
