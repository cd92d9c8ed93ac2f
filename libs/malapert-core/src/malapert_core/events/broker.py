"""The connection to NATS and the streams on it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from pathlib import Path

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError

from malapert_core.config import ProcessSettings
from malapert_core.events.streams import AREAS, DEAD_LETTER_PREFIX, DEAD_LETTER_STREAM, stream_of
from malapert_core.rpc.certificates import certificates_of

log = structlog.get_logger(__name__)

STREAM_AGE = timedelta(days=30)
"""How long the broker keeps an event."""
_MAX_BYTES = 256 * 1024 * 1024
# Longer than any pause that the outbox makes between two tries, so that a doubtful publish is recognised.
_DUPLICATE_WINDOW_S = 600.0
_NAME_IN_USE = 10058
_LOOK_INTERVAL_S = 0.2
_KEEP_INTERVAL_S = 5.0


async def connect_nats(
    url: str,
    *,
    name: str,
    credentials: Path | None = None,
    tls: ssl.SSLContext | None = None,
    reconnect_wait_s: float = 0.5,
) -> Client:
    """Return a connection that never gives up: it waits for a broker that is not there yet, and for its return.

    Parameters
    ----------
    url : str
        Addresses of the servers, separated by commas.
    name : str
        Name under which the broker shows this client; answers come to ``_INBOX.<name>``, which the broker may keep from
        others.
    credentials : Path, optional
        File of NATS user credentials.
    tls : ssl.SSLContext, optional
        How the broker is met; without it nothing is encrypted.
    reconnect_wait_s : float
        Pause between two tries, seconds.
    """

    connection = Client()

    async def failed(error: Exception) -> None:
        log.warning("broker connection failed", error=str(error) or type(error).__name__)

    async def lost() -> None:
        if not (connection.is_draining or connection.is_closed):
            log.warning("broker connection lost")

    async def found() -> None:
        log.info("broker connection restored")

    await connection.connect(
        url.split(","),
        name=name,
        inbox_prefix=f"_INBOX.{name}",
        user_credentials=str(credentials) if credentials else None,
        tls=tls,
        # At once: a broker that first says in the clear what it wants could be anybody, and say that it wants no TLS.
        tls_handshake_first=tls is not None,
        max_reconnect_attempts=-1,
        reconnect_time_wait=reconnect_wait_s,  # type: ignore[arg-type]
        ping_interval=20,
        error_cb=failed,
        disconnected_cb=lost,
        reconnected_cb=found,
    )
    return connection


@asynccontextmanager
async def open_broker(settings: ProcessSettings) -> AsyncIterator[Client]:
    """Connect a process as `connect_nats` does, and drain the connection at the end."""
    name = f"malapert-{settings.service_name}"
    certificates = certificates_of(settings)
    connection = await connect_nats(
        settings.nats_url,
        name=name,
        credentials=settings.nats_credentials,
        tls=certificates.broker_context() if certificates else None,
    )
    try:
        yield connection
    finally:
        if connection.is_connected:
            await connection.drain()
        else:
            await connection.close()


def stream_configs() -> list[StreamConfig]:
    """Return the streams of the platform: on disc, bounded in age and size, oldest dropped first."""
    subjects = {f"MALAPERT_{area.upper()}": f"malapert.{area}.v1.>" for area in AREAS}
    subjects[DEAD_LETTER_STREAM] = f"{DEAD_LETTER_PREFIX}.>"
    return [
        StreamConfig(
            name=name,
            subjects=[subject],
            storage=StorageType.FILE,
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.OLD,
            max_age=STREAM_AGE / timedelta(seconds=1),
            max_bytes=_MAX_BYTES,
            duplicate_window=_DUPLICATE_WINDOW_S,
        )
        for name, subject in subjects.items()
    ]


async def ensure_streams(js: JetStreamContext) -> None:
    """Make the platform's streams, or bring those that are there to the present configuration."""
    for config in stream_configs():
        await ensure_stream(js, config)


async def keep_streams(connection: Client) -> None:
    """Make the platform's streams, and make them again where the broker has lost its files, until cancelled."""
    js = connection.jetstream(timeout=5.0)
    while True:
        try:
            await ensure_streams(js)
        except Exception as error:
            log.warning("streams could not be made yet", error=repr(error))
        await asyncio.sleep(_KEEP_INTERVAL_S)


async def stream_epoch(js: JetStreamContext, stream: str) -> str | None:
    """Return when a stream was made, which tells it from one of its name before; None where there is none now."""
    try:
        created = (await js.stream_info(stream)).created
    except (NatsError, TimeoutError):
        return None
    return "" if created is None else created.astimezone(UTC).isoformat()


async def wait_for_streams(js: JetStreamContext, service_name: str) -> None:
    """Return once the streams are there that a service tells of or, having none of its own, reads: others make them."""
    areas = [service_name] if service_name in AREAS else AREAS
    for area in areas:
        while await stream_epoch(js, stream_of(f"malapert.{area}.v1")) is None:
            await asyncio.sleep(_LOOK_INTERVAL_S)


async def ensure_stream(js: JetStreamContext, config: StreamConfig) -> None:
    """Make a stream, or bring the one of its name to its configuration."""
    try:
        await js.add_stream(config)
    except BadRequestError as error:
        if error.err_code != _NAME_IN_USE:
            raise
        await js.update_stream(config)
