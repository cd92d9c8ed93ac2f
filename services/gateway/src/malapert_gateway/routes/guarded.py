"""The way of every call under /api/v1: admitted, its body checked and bounded, done once under an idempotency key."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, ExitStack
from functools import cached_property
from typing import Any, ClassVar

import structlog
from fastapi import Request, Response
from malapert_core.errors import DatabaseAwayError, ExhaustedError, Fault, InvalidInputError
from malapert_core.policy.identity import Identity, acting_as
from malapert_core.reading_processes import QUICK_BYTES
from malapert_core.rpc.call_key import set_call_key
from malapert_http_models.wire import WireModel
from starlette.types import Message, Receive, Scope, Send

from malapert_gateway.bodies import check_body, prepare, read_body, read_model
from malapert_gateway.config import GatewaySettings
from malapert_gateway.domain.answer import Answer, Call
from malapert_gateway.routes.checked import CheckedRoute, Handler
from malapert_gateway.routes.headers import media_type_of, require_media_type, require_single_headers
from malapert_gateway.services.gateway import Gateway
from malapert_gateway.services.session_service import CSRF_HEADER, SESSION_COOKIE, Credentials

log = structlog.get_logger(__name__)

IDEMPOTENCY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
_MAX_IDEMPOTENCY_KEY = 255
_JSON = "application/json"
_SHOWN_PATH = 200
_SHOWN_ENCODING, _SHOWN_ENCODINGS = 40, 3
_KEPT_HEADERS = ("content-type", "location", "etag")


class GuardedRoute(CheckedRoute):
    """A route that only admitted calls with a bounded JSON body reach."""

    media_types: ClassVar[tuple[str, ...]] = (_JSON,)
    keeps_answers: ClassVar[bool] = True
    """Whether a call that comes again under its idempotency key gets the first answer."""
    checks_text: ClassVar[bool] = True
    """False where a reader checks the document's text itself, to tell all of its faults at once."""

    def get_route_handler(self) -> Handler:
        """Return the handler with everything that comes before it."""
        handler = super().get_route_handler()
        action = self.operation_id or self.name

        async def guarded(request: Request) -> Response:
            gateway: Gateway = request.app.state.gateway
            address = request.client.host if request.client else ""
            require_single_headers(request)
            identity = await self.admitted(gateway, request, action, address)
            request.state.identity = identity
            require_plain_body(request)
            with acting_as(identity):
                return await self.run(gateway, identity, request, handler)

        return guarded

    @cached_property
    def body_model(self) -> type[WireModel] | None:
        """The model that the whole body is of, where there is one."""
        fields = [field.field_info for field in self.dependant.body_params]
        kind = fields[0].annotation if len(fields) == 1 and not getattr(fields[0], "embed", None) else None
        return kind if isinstance(kind, type) and issubclass(kind, WireModel) else None

    async def admitted(self, gateway: Gateway, request: Request, action: str, address: str) -> Identity:
        """Return who calls, by the key or the session that the call carries."""
        return await gateway.admission.admit(action, credentials_of(request), address)

    def share(self, gateway: Gateway, identity: Identity) -> AbstractAsyncContextManager[None]:
        """Return what a call holds while it lasts: one of its agency's places among the calls at work."""
        return gateway.calls.held(self.operation_id or self.name, identity.agency_id)

    async def run(self, gateway: Gateway, identity: Identity, request: Request, handler: Handler) -> Response:
        """Do the call: at most once for each idempotency key where it changes something."""
        if request.method in ("GET", "HEAD"):
            async with self.share(gateway, identity):
                return await handler(request)
        # Whoever sends slowly holds nothing meanwhile.
        body = await _read(request, self.most_bytes(gateway.settings))
        if body:
            require_media_type(request, self.media_types)
        call = await self._call_of(identity, request, body)
        # Before a place is waited for: the first call under the key may hold the agency's only one.
        if call and (answer := await gateway.answers.find(call)):
            return _replayed(answer)
        request = _CheckedRequest(request.scope, _replaying(body))
        async with self.share(gateway, identity):
            if body and media_type_of(request) == _JSON:
                request.content = await self.content(gateway, identity, body)
            return await (self._once(gateway, call, lambda: handler(request)) if call else handler(request))

    async def _call_of(self, identity: Identity, request: Request, body: bytes) -> Call | None:
        """Return a call as its idempotency key makes it known, or nothing where it has none."""
        key = request.headers.get(IDEMPOTENCY_HEADER)
        if key is None or not self.keeps_answers:
            return None
        digest = await asyncio.to_thread(_hash_of, identity, request, body)
        return Call(identity.agency_id, _checked_key(key), digest)

    async def content(self, gateway: Gateway, identity: Identity, body: bytes) -> Any:
        """Return what a JSON body says: plain data, or where it was read apart its model, or nothing but checked."""
        if len(body) <= QUICK_BYTES:
            return read_body(body, checks_text=self.checks_text)
        model = self.body_model
        if model is None and self.dependant.body_params:
            return await gateway.reading.run(identity.agency_id, read_body, body, self.checks_text)
        if model is None:
            await gateway.reading.run(identity.agency_id, check_body, body, self.checks_text)
            return None
        found, message = await gateway.reading.run(identity.agency_id, read_model, model, body, self.checks_text)
        prepare(found, message)
        return found

    def most_bytes(self, settings: GatewaySettings) -> int:
        """Return how long a body may be."""
        return settings.max_body_bytes

    def kept_body(self, body: bytes) -> bytes:
        """Return what is kept of an answer's body under an idempotency key."""
        return body

    async def _once(self, gateway: Gateway, call: Call, run: Callable[[], Awaitable[Response]]) -> Response:
        claim = await gateway.answers.claim(call)
        if isinstance(claim, Answer):
            return _replayed(claim)
        set_call_key(call.service_key)
        try:
            async with gateway.answers.held(claim, call):
                response = await run()
        except BaseException:
            await gateway.answers.give_up(claim, call)
            raise
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        answer = Answer(response.status_code, headers, self.kept_body(bytes(response.body)))
        try:
            await gateway.answers.keep(claim, call, answer)
        except DatabaseAwayError as error:
            # The call is done: its caller is told so, and services know the key should it come again.
            log.warning("answer could not be kept", reason=error.reason)
        return response


class OrbitFileRoute(GuardedRoute):
    """A route that takes an ephemeris or tracking data inside of JSON, in base64."""

    def most_bytes(self, settings: GatewaySettings) -> int:
        """Return how long a body may be: four characters for three bytes of the file, and the usual for the rest."""
        return settings.max_orbit_bytes * 4 // 3 + settings.max_body_bytes


class DocumentRoute(GuardedRoute):
    """A route of a document whose reader checks the text in it together with all else."""

    checks_text = False


class UploadRoute(GuardedRoute):
    """A route that takes a large file as it streams in; idempotent, for the same bytes give the same object."""

    media_types = ("application/octet-stream", "image/tiff", "multipart/form-data")

    async def run(self, gateway: Gateway, identity: Identity, request: Request, handler: Handler) -> Response:
        """Do the call on a stream that ends in an error where it grows too long."""
        require_media_type(request, self.media_types)
        return await handler(Request(request.scope, _bounded(request, gateway.settings.max_upload_bytes)))


class StreamRoute(GuardedRoute):
    """A route whose answer goes on and on: bounded in number, and ended where its reader does not read."""

    async def run(self, gateway: Gateway, identity: Identity, request: Request, handler: Handler) -> Response:
        """Count the stream, and begin it."""
        stack: ExitStack = request.state.open_stream
        stack.enter_context(gateway.streams.held(identity))
        return await handler(request)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream until its end, and let go of it however it ends."""
        gateway: Gateway = scope["app"].state.gateway

        async def bounded(message: Message) -> None:
            async with asyncio.timeout(gateway.settings.stream_send_limit_s):
                await send(message)

        with ExitStack() as stack:
            scope.setdefault("state", {})["open_stream"] = stack
            try:
                await super().handle(scope, receive, bounded)
            except TimeoutError:
                log.warning("stream of a slow reader ended", path=scope["path"][:_SHOWN_PATH])


class _CheckedRequest(Request):
    """A call whose body was read and checked."""

    content: Any = None

    async def json(self) -> Any:
        """Return the body's plain data."""
        return self.content


def _replayed(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {**answer.headers, REPLAYED_HEADER: "true"})


def credentials_of(request: Request) -> Credentials:
    """Return what a call carries to tell who calls."""
    return Credentials(
        authorization=request.headers.get("authorization"),
        cookie=request.cookies.get(SESSION_COOKIE, ""),
        csrf_token=request.headers.get(CSRF_HEADER, ""),
        is_change=request.method not in ("GET", "HEAD"),
    )


def require_plain_body(request: Request) -> None:
    """Refuse a body that would have to be unpacked, and one whose end is told in two ways.

    Raises
    ------
    InvalidInputError
        ``UNSUPPORTED_CONTENT_ENCODING``, or ``AMBIGUOUS_LENGTH``: a proxy before may have seen another end.
    """
    headers = request.headers
    encodings = [each.strip().lower() for value in headers.getlist("content-encoding") for each in value.split(",")]
    if packed := [each for each in encodings if each not in ("", "identity")]:
        names = ", ".join(repr(each[:_SHOWN_ENCODING]) for each in packed[:_SHOWN_ENCODINGS])
        message = f"a body comes as it is (identity), not packed as {names}"
        fault = Fault("header.Content-Encoding", "UNSUPPORTED_CONTENT_ENCODING", message)
        raise InvalidInputError("UNSUPPORTED_CONTENT_ENCODING", message, faults=[fault])
    if "transfer-encoding" in headers and "content-length" in headers:
        message = "a body has a length or comes in chunks, not both"
        fault = Fault("header.Content-Length", "AMBIGUOUS_LENGTH", message)
        raise InvalidInputError("AMBIGUOUS_LENGTH", message, faults=[fault])


async def _read(request: Request, limit_bytes: int) -> bytes:
    _require_length(request, limit_bytes)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise too_large(limit_bytes)
    return bytes(body)


def _bounded(request: Request, limit_bytes: int) -> Receive:
    _require_length(request, limit_bytes)
    received_bytes = 0

    async def receive() -> Message:
        nonlocal received_bytes
        message = await request.receive()
        received_bytes += len(message.get("body", b""))
        if received_bytes > limit_bytes:
            raise too_large(limit_bytes)
        return message

    return receive


def _require_length(request: Request, limit_bytes: int) -> None:
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > limit_bytes:
        raise too_large(limit_bytes)


def too_large(limit_bytes: int) -> ExhaustedError:
    """Return the error of a body beyond the limit."""
    return ExhaustedError(
        "BODY_TOO_LARGE", f"at most {limit_bytes} bytes are allowed", metadata={"limit_bytes": str(limit_bytes)}
    )


def _replaying(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _checked_key(key: str) -> str:
    if 0 < len(key) <= _MAX_IDEMPOTENCY_KEY and key.isascii() and key.isprintable():
        return key
    message = f"1 to {_MAX_IDEMPOTENCY_KEY} printable ASCII characters are allowed"
    fault = Fault(f"header.{IDEMPOTENCY_HEADER}", "INVALID_IDEMPOTENCY_KEY", message)
    raise InvalidInputError("INVALID_IDEMPOTENCY_KEY", "the idempotency key is not usable", faults=[fault])


def _hash_of(identity: Identity, request: Request, body: bytes) -> str:
    digest = hashlib.sha256()
    # A key for some missions is not answered what another of its agency may see.
    scope = ",".join(sorted(identity.mission_ids))
    parts = (identity.role.value, scope, request.method, request.url.path, request.url.query)
    for part in (*parts, request.headers.get("if-match", "")):
        digest.update(part.encode() + b"\0")
    digest.update(body)
    return digest.hexdigest()
