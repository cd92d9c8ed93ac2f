"""The gRPC side of a service: who calls, what an error becomes, one log line a call, health, reflection."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from google.protobuf.message import Message
from grpc_health.v1 import health as grpc_health
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from malapert_core.errors import InternalError, InvalidInputError, MalapertError, UnauthenticatedError
from malapert_core.metric_names import RPC_DURATION_S
from malapert_core.policy.calls import CALLS, Call, require_call
from malapert_core.policy.entry import Entry
from malapert_core.policy.identity import Identity, require_identity, set_current_identity
from malapert_core.policy.tokens import TokenVerifier
from malapert_core.rpc import deadlines
from malapert_core.rpc.call_key import CALL_KEY_HEADER, LONGEST_KEY, set_call_key
from malapert_core.rpc.certificates import Certificates
from malapert_core.rpc.health import ServiceHealth
from malapert_core.rpc.message_check import check_message
from malapert_core.rpc.status import status_code, status_of

log = structlog.get_logger(__name__)

MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024
FILE_LIMIT_BYTES = 32 * 1024 * 1024
"""Largest file inside a message, such as an ephemeris, bytes: the one limit of gateway, messages and readers."""
METADATA_LIMIT_BYTES = 1024 * 1024
SIZE_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
    # All faults of an input travel in the trailing metadata, which is limited to 8 KiB by default.
    ("grpc.max_metadata_size", METADATA_LIMIT_BYTES),
    ("grpc.absolute_max_metadata_size", METADATA_LIMIT_BYTES),
]
CONNECTION_AGE_MS = 5 * 60 * 1000
"""Age at which a caller is asked to connect anew, after its calls: only then does it look for new replicas."""
_QUICK_BYTES = 64 * 1024
"""Largest request, bytes, that is checked on the event loop; a longer one is checked in a thread."""
_OPEN_TO_ALL = ("/grpc.health.v1.Health/", "/grpc.reflection.")


@dataclass(frozen=True, slots=True)
class Registration:
    """A gRPC service to serve: its full name, the generated function that adds it, and its servicer."""

    service: str
    add: Callable[[Any, grpc.aio.Server], None]
    servicer: Any


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Gives each call its identity and deadline, turns errors into rich statuses, and writes the access log.

    Parameters
    ----------
    tokens : TokenVerifier
    service_name : str
        Name under which durations are counted.
    entry : Entry, optional
        Asks for the part in the mission that a request names; without it the service does so itself.
    calls : mapping of str to Call
        Row of each method that may be called.
    """

    def __init__(
        self,
        tokens: TokenVerifier,
        service_name: str,
        entry: Entry | None = None,
        calls: Mapping[str, Call] = CALLS,
    ) -> None:
        self._tokens = tokens
        self._service_name = service_name
        self._entry = entry
        self._calls = calls

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Wrap the method's handler, whatever streams it has."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(_OPEN_TO_ALL):
            return handler
        return self._wrapped(handler, method)

    def _wrapped(self, handler: Any, method: str) -> Any:
        sides = (handler.request_streaming, handler.response_streaming)
        name, make = {
            (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler),
            (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler),
            (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler),
            (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler),
        }[sides]
        behavior = getattr(handler, name)

        async def unary(request: Any, context: Any) -> Any:
            async with self._call(method, context):
                await self._check(method, request)
                return await behavior(request, context)

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            async with self._call(method, context):
                await self._check(method, request)
                async for response in behavior(request, context):
                    yield response

        async def written(request: Any, context: Any) -> None:
            async with self._call(method, context):
                await self._check(method, request)
                await behavior(request, context)

        generates = inspect.isasyncgenfunction(inspect.unwrap(behavior))
        wrapper: Any = (stream if generates else written) if handler.response_streaming else unary
        return make(
            wrapper,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    @asynccontextmanager
    async def _call(self, method: str, context: Any) -> AsyncIterator[None]:
        began_s = time.perf_counter()
        code = grpc.StatusCode.OK
        reason = ""
        try:
            identity = self._verified(context)
            require_call(method, identity, self._calls)
            set_current_identity(identity)
            deadlines.set_remaining(context.time_remaining())
            set_call_key(_call_key(context))
            yield
        except MalapertError as error:
            code, reason = status_code(error), error.reason
            await _abort(context, error)
        except (grpc.aio.AbortError, grpc.aio.UsageError):
            code = grpc.StatusCode.UNKNOWN
            raise
        except (OverflowError, RecursionError) as cause:
            beyond = InvalidInputError("BEYOND_COMPUTING", "a number or the depth of the request is beyond computing")
            code, reason = status_code(beyond), beyond.reason
            log.exception("call met a number beyond computing", method=method, error=repr(cause))
            await _abort(context, beyond)
        except Exception:
            code, reason = grpc.StatusCode.INTERNAL, "INTERNAL"
            log.exception("call failed unexpectedly", method=method)
            await _abort(context, InternalError("INTERNAL", "something went wrong in the service"))
        except BaseException:
            code = grpc.StatusCode.CANCELLED
            raise
        finally:
            duration_s = time.perf_counter() - began_s
            RPC_DURATION_S.labels(self._service_name, method, code.name).observe(duration_s)
            log.info("call served", method=method, code=code.name, reason=reason, duration_s=round(duration_s, 4))

    def _verified(self, context: Any) -> Identity:
        for key, value in context.invocation_metadata() or ():
            if key == "authorization" and isinstance(value, str) and value.startswith("Bearer "):
                return self._tokens.verify(value.removeprefix("Bearer "))
        raise UnauthenticatedError("NO_IDENTITY", "the call carries no identity")

    async def _check(self, method: str, request: Any) -> None:
        # The parts of a stream are checked by whoever takes them one by one.
        if not isinstance(request, Message):
            return
        if request.ByteSize() <= _QUICK_BYTES:
            check_message(request)
        else:
            await asyncio.to_thread(check_message, request)
        if self._entry is not None:
            await self._entry(require_identity(), self._calls[method], request)


def _call_key(context: Any) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == CALL_KEY_HEADER and isinstance(value, str):
            return value[:LONGEST_KEY]
    return ""


async def _abort(context: Any, error: MalapertError) -> None:
    status = rpc_status.to_status(status_of(error))
    await context.abort(status.code, status.details, status.trailing_metadata)


class GrpcServer:
    """A gRPC server with health and, where asked for, reflection.

    Parameters
    ----------
    registrations : sequence of Registration
    interceptors : sequence of grpc.aio.ServerInterceptor
        Outermost first.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    with_reflection : bool
        Whether callers may ask for the contracts.
    certificates : Certificates, optional
        By which both sides know each other; without them nothing is encrypted.
    health_port : int, optional
        Port of health alone, never encrypted.
    """

    def __init__(
        self,
        registrations: Sequence[Registration],
        *,
        interceptors: Sequence[Any],
        host: str = "127.0.0.1",
        port: int = 0,
        with_reflection: bool = False,
        certificates: Certificates | None = None,
        health_port: int | None = None,
    ) -> None:
        options = [*SIZE_OPTIONS, ("grpc.so_reuseport", 0), ("grpc.max_connection_age_ms", CONNECTION_AGE_MS)]
        self._server = grpc.aio.server(interceptors=list(interceptors), options=options)
        names = [registration.service for registration in registrations]
        self.health = ServiceHealth(names)
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        for registration in registrations:
            registration.add(registration.servicer, self._server)
        if with_reflection:
            names += [grpc_health.SERVICE_NAME, reflection.SERVICE_NAME]
            reflection.enable_server_reflection(names, self._server)
        self._host, self._certificates = host, certificates
        self.port = port
        self.health_port = health_port
        self._open_health = None if health_port is None else grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        if self._open_health is not None:
            health_pb2_grpc.add_HealthServicer_to_server(self.health, self._open_health)

    async def start(self) -> None:
        """Listen and say SERVING.

        Raises
        ------
        RuntimeError
            Where the port is taken.
        """
        await self.health.begin()
        address = f"{self._host}:{self.port}"
        if self._certificates is None:
            self.port = self._server.add_insecure_port(address)
        else:
            self.port = self._server.add_secure_port(address, self._certificates.server_credentials())
        await self._server.start()
        if self._open_health is not None:
            self.health_port = self._open_health.add_insecure_port(f"{self._host}:{self.health_port}")
            await self._open_health.start()
        await self.health.say_open(True)

    async def refuse_new(self) -> None:
        """Say NOT_SERVING, while calls are still served."""
        await self.health.say_open(False)

    async def stop(self, grace_s: float) -> None:
        """Finish calls in flight for at most so many seconds, then end."""
        await self._server.stop(grace_s)
        if self._open_health is not None:
            await self._open_health.stop(0)
