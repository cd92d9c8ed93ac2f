"""Life cycle of a service: its dependencies, its start in order, and its stop."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import grpc
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext

from malapert_core.audit.anchors import AnchorPublisher
from malapert_core.audit.handlers import audit_registration
from malapert_core.audit.reading import AuditReader
from malapert_core.audit.trail import AuditTrail
from malapert_core.background import background, end_tasks
from malapert_core.config import ServiceSettings
from malapert_core.db.database import Database
from malapert_core.db.migrations import run_migrations, schema_is_current
from malapert_core.errors import PreconditionError
from malapert_core.events.broker import ensure_streams, keep_streams, open_broker, stream_epoch, wait_for_streams
from malapert_core.events.inbox import EventConsumer, Subscription
from malapert_core.events.outbox import EventOutbox, OutboxPublisher
from malapert_core.events.streams import AREAS, stream_of
from malapert_core.fairness.limit_handlers import limit_registration
from malapert_core.fairness.limit_use import LimitSource
from malapert_core.gauges import StateGauges
from malapert_core.loop_watch import LoopWatch, let_loop_in, spare_what_is_loaded
from malapert_core.operations.handlers import operation_registration
from malapert_core.operations.limits import OperationLimits
from malapert_core.operations.operations import OperationRunner
from malapert_core.policy.charters import CHARTER_SERVICE, Charters, RemoteCharters
from malapert_core.policy.entry import Entry, mission_entry
from malapert_core.policy.identity import Identity, service_identity
from malapert_core.policy.tokens import ServiceTokens, read_private_key, read_public_keys
from malapert_core.retention.job import AuditRetention, RetentionJob
from malapert_core.retention.rules import RetentionRule, core_rules
from malapert_core.rpc.certificates import Certificates, certificates_of
from malapert_core.rpc.client import open_channel
from malapert_core.rpc.health import BROKER, DATABASE, watch_parts
from malapert_core.rpc.server import CallInterceptor, GrpcServer, Registration
from malapert_core.telemetry import Telemetry

log = structlog.get_logger(__name__)

S = TypeVar("S", bound=ServiceSettings)


@dataclass
class ServiceRuntime(Generic[S]):
    """Shared parts from which a service builds itself."""

    settings: S
    database: Database
    nats: Client
    js: JetStreamContext
    outbox: EventOutbox
    audit: AuditTrail
    operations: OperationRunner
    tokens: ServiceTokens
    identity: Identity
    telemetry: Telemetry
    loop_watch: LoopWatch
    certificates: Certificates | None
    _channels: AsyncExitStack

    def open_channel(
        self,
        target: str,
        services: Sequence[str],
        *,
        idempotent_methods: Sequence[str] = (),
        default_timeout_s: float = 30.0,
    ) -> grpc.aio.Channel:
        """Return a channel to the service whose area the first of the named services is in, closed with this one.

        See `malapert_core.rpc.client.open_channel`.
        """
        channel = open_channel(
            target,
            tokens=self.tokens,
            audience=_service_of(services),
            service_identity=self.identity,
            services=services,
            idempotent_methods=idempotent_methods,
            default_timeout_s=default_timeout_s,
            interceptors=self.telemetry.client_interceptors(),
            certificates=self.certificates,
        )
        self._channels.push_async_callback(channel.close, None)
        return channel

    def open_charters(self) -> RemoteCharters:
        """Return the charters of missions, as the planner keeps them."""
        channel = self.open_channel(self.settings.planner_target, [CHARTER_SERVICE])
        return RemoteCharters(channel, self.identity)


@dataclass(frozen=True)
class ServiceParts:
    """Parts of a built service."""

    registrations: Sequence[Registration] = ()
    subscriptions: Sequence[Subscription] = ()
    charters: Charters | None = None
    """Parts in a mission, asked on every call whose request names one; None leaves that to the service."""
    entry: Entry | None = None
    """Asks for the part where a request names its mission otherwise than by identifier; takes the place of that."""
    retention: Sequence[RetentionRule] = ()
    """Rules of the service's own tables."""
    limits: Sequence[LimitSource] = ()
    """Limits of agencies and keys that the service keeps besides those of operations."""

    def gate(self) -> Entry | None:
        """Return what every call passes before anything is done."""
        return self.entry or (None if self.charters is None else mission_entry(self.charters))


Build = Callable[[ServiceRuntime[S]], AbstractAsyncContextManager[ServiceParts]]
"""A service's factory: registers its operation handlers on the runtime and yields its parts."""


@dataclass
class RunningService(Generic[S]):
    """A service that serves."""

    runtime: ServiceRuntime[S]
    port: int
    background: list[asyncio.Task[Any]] = field(default_factory=list)

    @property
    def target(self) -> str:
        """Address to open a channel to."""
        return f"{self.runtime.settings.grpc_host}:{self.port}"


@asynccontextmanager
async def open_runtime(settings: S, migrations: Path) -> AsyncIterator[ServiceRuntime[S]]:
    """Open what a service stands on: telemetry, a current schema, the broker and its streams; close it in reverse.

    Raises
    ------
    PreconditionError
        ``NO_IDENTITY_KEY`` or ``NO_CERTIFICATE`` where one of the settings cannot be read; ``SCHEMA_OUTDATED`` where
        the schema is not current and the settings do not allow to migrate it.
    """
    tokens, certificates = _own_tokens(settings), certificates_of(settings)
    async with AsyncExitStack() as stack:
        telemetry = Telemetry.of(settings)
        stack.callback(telemetry.close)
        database = Database(settings.database_address)
        stack.push_async_callback(database.close)
        if settings.otlp_endpoint is not None:
            telemetry.trace_database(database.engine)
        await _prepare_schema(database, settings, migrations)
        connection = await stack.enter_async_context(open_broker(settings))
        js = connection.jetstream()
        await (ensure_streams(js) if settings.makes_streams else wait_for_streams(js, settings.service_name))
        channels = await stack.enter_async_context(AsyncExitStack())
        operations = OperationRunner(
            database,
            service_name=settings.service_name,
            concurrency=settings.operation_concurrency,
            lease_s=settings.operation_lease_s,
            patience_s=settings.neighbour_patience_s,
            limits=OperationLimits(
                most_of_agency=settings.operations_of_agency,
                most_of_key=settings.operations_of_key,
            ),
            tracer=telemetry.tracer,
        )
        loop_watch = LoopWatch(settings.service_name)
        await stack.enter_async_context(background(loop_watch.run()))
        yield ServiceRuntime(
            settings=settings,
            loop_watch=loop_watch,
            database=database,
            nats=connection,
            js=js,
            outbox=EventOutbox(settings.service_name),
            audit=AuditTrail(settings.service_name),
            operations=operations,
            tokens=tokens,
            identity=service_identity(settings.service_name),
            telemetry=telemetry,
            certificates=certificates,
            _channels=channels,
        )


@asynccontextmanager
async def running_service(settings: S, build: Build[S], migrations: Path) -> AsyncIterator[RunningService[S]]:
    """Run a service for the length of a block: SERVING inside, stopped in order afterwards."""
    async with (
        open_runtime(settings, migrations) as runtime,
        build(runtime) as parts,
        _background(runtime, parts),
    ):
        charters = parts.charters or runtime.open_charters()
        reader = AuditReader(runtime.database, settings.service_name, charters)
        server = GrpcServer(
            [
                *parts.registrations,
                operation_registration(runtime.operations),
                audit_registration(reader),
                limit_registration([runtime.operations.limit_uses, *parts.limits]),
            ],
            interceptors=[
                runtime.telemetry.server_interceptor(),
                CallInterceptor(runtime.tokens, settings.service_name, parts.gate()),
            ],
            host=settings.grpc_host,
            port=settings.grpc_port,
            with_reflection=settings.reflection,
            certificates=runtime.certificates,
            health_port=settings.health_port,
        )
        await server.start()
        log.info("service serves", port=server.port)
        try:
            async with background(watch_parts(server.health, _part_checks(runtime))):
                yield RunningService(runtime, server.port)
        finally:
            log.info("service stops")
            await server.refuse_new()
            await runtime.operations.stop()
            await server.stop(settings.stop_grace_s)


def _part_checks(runtime: ServiceRuntime[S]) -> dict[str, Callable[[], Awaitable[bool]]]:
    """Return what asks the parts that a service stands on."""
    area = runtime.settings.service_name

    async def has_broker() -> bool:
        if not runtime.nats.is_connected:
            return False
        return area not in AREAS or await stream_epoch(runtime.js, stream_of(f"malapert.{area}.v1")) is not None

    return {DATABASE: runtime.database.answers, BROKER: has_broker}


@asynccontextmanager
async def _background(runtime: ServiceRuntime[S], parts: ServiceParts) -> AsyncIterator[None]:
    publisher = OutboxPublisher(runtime.database, runtime.outbox, runtime.nats)
    anchors = AnchorPublisher(runtime.database, runtime.outbox)
    runs = [publisher.run(), anchors.run(), *retention_runs(runtime, anchors, parts.retention)]
    runs.append(state_gauges(runtime, parts.subscriptions).run())
    if runtime.settings.makes_streams:
        runs.append(keep_streams(runtime.nats))
    for subscription in parts.subscriptions:
        tracer = runtime.telemetry.tracer
        runs.append(EventConsumer(runtime.database, runtime.nats, subscription, tracer).run())
    tasks = [asyncio.create_task(run) for run in runs]
    await runtime.operations.start()
    try:
        yield
    finally:
        await runtime.operations.stop()
        await end_tasks(tasks)
        await _publish_last(runtime, anchors, publisher)


def state_gauges(runtime: ServiceRuntime[S], subscriptions: Sequence[Subscription] = ()) -> StateGauges:
    """Return the gauges of a service's state."""
    settings = runtime.settings
    return StateGauges(settings.service_name, runtime.database, runtime.nats, settings.data_dir, subscriptions)


def retention_runs(
    runtime: ServiceRuntime[S], anchors: AnchorPublisher, own: Sequence[RetentionRule]
) -> list[Coroutine[Any, Any, None]]:
    """Return what deletes old rows of a service's database."""
    settings, database = runtime.settings, runtime.database
    runs = [RetentionJob(database, [*core_rules(settings), *own], settings.service_name).run()]
    if settings.audit_kept_days is not None:
        kept = timedelta(days=settings.audit_kept_days)
        runs.append(AuditRetention(database, runtime.audit, anchors, kept).run())
    return runs


async def _publish_last(runtime: ServiceRuntime[S], anchors: AnchorPublisher, publisher: OutboxPublisher) -> None:
    try:
        await anchors.publish()
        if runtime.nats.is_connected:
            await publisher.publish_pending()
    except Exception as error:
        # The outbox has them for the next start.
        log.warning("last events could not be published", error=repr(error))


def _service_of(services: Sequence[str]) -> str:
    """Return the name of the service that serves ``malapert.<service>.v1.…``."""
    return services[0].split(".")[1]


def _own_tokens(settings: ServiceSettings) -> ServiceTokens:
    try:
        private_key = read_private_key(settings.identity_key_file)
        return ServiceTokens(settings.service_name, private_key, read_public_keys(settings.identity_keys_dir))
    except ValueError as error:
        raise PreconditionError("NO_IDENTITY_KEY", str(error)) from error


async def _prepare_schema(database: Database, settings: ServiceSettings, migrations: Path) -> None:
    await database.wait_ready()
    if await schema_is_current(database, migrations):
        return
    if not settings.auto_migrate:
        raise PreconditionError(
            "SCHEMA_OUTDATED",
            f"the schema of {settings.service_name} is not current; run `python -m malapert_{settings.service_name} "
            "migrate`, or set auto_migrate",
        )
    await run_migrations(database, migrations)


async def run_until_stopped(running: AbstractAsyncContextManager[Any]) -> None:
    """Hold what runs inside a block open until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(stop.wait())
    started = asyncio.Event()

    async def serve() -> None:
        async with running:
            spare_what_is_loaded()
            let_loop_in()
            started.set()
            await stop.wait()

    serving = asyncio.create_task(serve())
    await asyncio.wait((stopped, serving), return_when=asyncio.FIRST_COMPLETED)
    if not started.is_set():
        # It may still be waiting for its database or the broker, which may never come.
        serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
