"""The real gateway before four real gRPC servers whose answers a test scripts; unscripted calls get filled samples."""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
from fastapi import FastAPI
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from malapert_core.events.broker import ensure_streams
from malapert_core.policy.identity import Identity, Role, require_identity
from malapert_core.rpc.server import CallInterceptor, GrpcServer, Registration
from malapert_core.service import open_runtime
from malapert_gateway import policy
from malapert_gateway.__main__ import GatewayServer
from malapert_gateway.app import create_app
from malapert_gateway.config import GatewaySettings
from malapert_gateway.factory import MIGRATIONS, open_gateway
from malapert_gateway.services.clients import GRPC_SERVICES, ServiceName
from malapert_gateway.services.gateway import Gateway
from malapert_testing.identities import service_tokens
from malapert_testing.services import ServiceLauncher

BOOTSTRAP_KEYS = (
    "MALAPERT:PLATFORM,JAXA:ADMINISTRATOR,JAXA:VIEWER,JAXA:REQUESTER,JAXA:PLANNER,JAXA:APPROVER,JAXA:OPERATOR,"
    "ISRO:REQUESTER,ISRO:PLANNER,ISRO:ADMINISTRATOR"
)


def sample(message: Message) -> Message:
    """Fill every field of a message with a value of its type; of a choice the first; what is owned is JAXA's."""
    chosen: set[str] = set()
    for part in message.DESCRIPTOR.fields:
        choice = part.containing_oneof
        if choice is not None and len(choice.fields) > 1:
            if choice.name in chosen:
                continue
            chosen.add(choice.name)
        _fill(message, part)
    return message


def _fill(message: Message, part: FieldDescriptor) -> None:
    if part.message_type is not None and part.message_type.GetOptions().map_entry:
        value_type = part.message_type.fields_by_name["value"]
        getattr(message, part.name)["sample"] = _scalar(value_type)
    elif part.message_type is not None and part.message_type.full_name == "google.protobuf.Timestamp":
        target = getattr(message, part.name)
        (target.add() if part.is_repeated else target).FromJsonString("2029-01-10T00:00:00Z")
    elif part.message_type is not None:
        target = getattr(message, part.name)
        sample(target.add() if part.is_repeated else target)
    elif part.is_repeated:
        getattr(message, part.name).append("JAXA" if part.name.endswith("agency_ids") else _scalar(part))
    elif part.name.endswith("agency_id"):
        setattr(message, part.name, "JAXA")
    else:
        setattr(message, part.name, _scalar(part))


def _scalar(part: FieldDescriptor) -> Any:
    if part.enum_type is not None:
        return part.enum_type.values[1].number
    if part.type == FieldDescriptor.TYPE_BYTES:
        return b'{"mission_id": "lupex"}'
    kinds = {
        FieldDescriptor.CPPTYPE_STRING: "sample",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_UINT32: 1,
        FieldDescriptor.CPPTYPE_INT32: 1,
        FieldDescriptor.CPPTYPE_INT64: 1,
    }
    return kinds.get(part.cpp_type, 0.5)


@dataclass
class Recorded:
    """A call that a service received."""

    method: str
    request: Any
    identity: Identity


@dataclass
class ScriptedServices:
    """What the four services answer, by method, and what they were asked."""

    answers: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    calls: list[Recorded] = field(default_factory=list)

    def asked(self, method: str) -> list[Any]:
        """Return the requests of a method."""
        return [call.request for call in self.calls if call.method == method]

    def registration(self, full_name: str, service: ServiceName) -> Registration:
        """Return a scripted gRPC service."""
        descriptor = descriptor_pool.Default().FindServiceByName(full_name)
        handlers = {method.name: self._handler(method, service) for method in descriptor.methods}

        def add(_servicer: Any, server: grpc.aio.Server) -> None:
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(full_name, handlers),))

        return Registration(full_name, add, None)

    def _handler(self, method: Any, service: ServiceName) -> Any:
        request_class = message_factory.GetMessageClass(method.input_type)
        response_class = message_factory.GetMessageClass(method.output_type)

        async def answer(request: Any) -> Any:
            self.calls.append(Recorded(method.name, request, require_identity()))
            script = self.answers.get(f"{service}/{method.name}") or self.answers.get(method.name)
            found = sample(response_class()) if script is None else script(request)
            return await found if inspect.isawaitable(found) else found

        async def unary(request: Any, _context: Any) -> Any:
            return await answer(request)

        async def gathered(requests: Any, _context: Any) -> Any:
            return await answer([request async for request in requests])

        async def streamed(request: Any, _context: Any) -> AsyncIterator[Any]:
            found = await answer(request)
            if not hasattr(found, "__aiter__"):
                yield found
                return
            async for item in found:
                yield item

        make, behavior = {
            (False, False): (grpc.unary_unary_rpc_method_handler, unary),
            (True, False): (grpc.stream_unary_rpc_method_handler, gathered),
            (False, True): (grpc.unary_stream_rpc_method_handler, streamed),
        }[(method.client_streaming, method.server_streaming)]
        return make(
            behavior,
            request_deserializer=request_class.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )


@dataclass
class GatewayPlatform:
    """The gateway under test."""

    app: FastAPI
    gateway: Gateway
    runtime: Any
    services: ScriptedServices
    servers: dict[ServiceName, GrpcServer]
    keys: dict[tuple[str, str], str]
    keys_file: Path
    http: httpx.AsyncClient

    def bearer(self, agency_id: str = "JAXA", role: str = "OPERATOR") -> dict[str, str]:
        """Return the header of a key."""
        return {"Authorization": f"Bearer {self.keys[agency_id, role]}"}

    def bearer_for(self, action: str) -> dict[str, str]:
        """Return the header of a key that may take an action: of an operator where it may, else of who else may."""
        roles = policy.ROLES_BY_ACTION.get(action) or {Role.OPERATOR}
        role = Role.OPERATOR if Role.OPERATOR in roles else min(roles)
        return self.bearer("MALAPERT" if role is Role.PLATFORM else "JAXA", role.name)


@asynccontextmanager
async def open_platform(launcher: ServiceLauncher, keys_file: Path, **values: Any) -> AsyncIterator[GatewayPlatform]:
    """Open everything."""
    async with AsyncExitStack() as stack:
        services = ScriptedServices()
        servers = {name: await _start(stack, services, name) for name in ServiceName}
        targets = {f"{name.name.lower()}_target": f"127.0.0.1:{server.port}" for name, server in servers.items()}
        settings = launcher.settings(
            GatewaySettings, keys_file=keys_file, bootstrap_keys=BOOTSTRAP_KEYS, **targets, **values
        )
        await launcher.prepare(settings, MIGRATIONS)
        runtime = await stack.enter_async_context(open_runtime(settings, MIGRATIONS))
        await ensure_streams(runtime.js)
        gateway = await stack.enter_async_context(open_gateway(runtime))
        app = create_app(gateway, {"tracer_provider": runtime.telemetry.provider, "metrics": False, "logs": False})
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://gateway"))
        yield GatewayPlatform(app, gateway, runtime, services, servers, _read_keys(keys_file), keys_file, http)


def _read_keys(path: Path) -> dict[tuple[str, str], str]:
    entries = json.loads(path.read_text())["keys"]
    return {(entry["agency_id"], entry["role"]): entry["key"] for entry in entries}


async def _start(stack: AsyncExitStack, services: ScriptedServices, name: ServiceName) -> GrpcServer:
    registrations = [services.registration(full_name, name) for full_name in GRPC_SERVICES[name]]
    interceptor = CallInterceptor(service_tokens(name.name.lower()), name.value)
    server = GrpcServer(registrations, interceptors=[interceptor])
    await server.start()
    stack.push_async_callback(server.stop, 0)
    return server


@asynccontextmanager
async def served(platform: GatewayPlatform) -> AsyncIterator[tuple[GatewayServer, httpx.AsyncClient]]:
    """Serve the gateway on a free loopback port, and stop it in order."""
    platform.runtime.settings.http_port = 0
    server = GatewayServer(platform.app, platform.runtime.settings)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        yield server, http
        server.should_exit = True
        await serving


async def sent_events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Parse server-sent events: their event, id, and data as JSON; comments are left out."""
    event: dict[str, Any] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if not line and event:
            yield event
            event = {}
        elif name in ("event", "id"):
            event[name] = value
        elif name == "data":
            event["data"] = json.loads(value)
