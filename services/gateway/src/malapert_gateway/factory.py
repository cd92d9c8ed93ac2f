"""Builds the gateway from its parts."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import grpc
import structlog
from malapert_core.audit.reading import AuditReader
from malapert_core.reading_processes import ReadingProcesses
from malapert_core.retention.rules import RetentionRule
from malapert_core.service import ServiceRuntime

from malapert_gateway.bodies import READER_MODULES
from malapert_gateway.config import GatewaySettings
from malapert_gateway.services.admission import Admission
from malapert_gateway.services.agency_service import AgencyService
from malapert_gateway.services.audit_directory import AuditDirectory
from malapert_gateway.services.call_shares import CallShares
from malapert_gateway.services.clients import GRPC_SERVICES, ServiceClients, ServiceName
from malapert_gateway.services.event_feed import EventFeed
from malapert_gateway.services.gateway import Gateway
from malapert_gateway.services.host_keys import HostKeys
from malapert_gateway.services.key_cache import KeyCache
from malapert_gateway.services.key_service import KeyService
from malapert_gateway.services.limit_directory import LimitDirectory
from malapert_gateway.services.log_ins import LogIns
from malapert_gateway.services.open_streams import OpenStreams
from malapert_gateway.services.operation_directory import OperationDirectory
from malapert_gateway.services.people import People
from malapert_gateway.services.readiness import Readiness
from malapert_gateway.services.session_service import SessionService
from malapert_gateway.storage.agency_store import AgencyStore
from malapert_gateway.storage.answer_store import AnswerStore
from malapert_gateway.storage.key_store import KeyStore
from malapert_gateway.storage.tables import AnswerRow, WebSessionRow

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"


def retention(settings: GatewaySettings) -> Sequence[RetentionRule]:
    """Return what is deleted of the gateway's own tables once it is old."""
    sessions = timedelta(days=settings.sessions_kept_days)
    return (
        RetentionRule("sessions", sessions, WebSessionRow, WebSessionRow.expire_time),
        RetentionRule("answers to calls", timedelta(0), AnswerRow, AnswerRow.expire_time),
    )


@asynccontextmanager
async def open_gateway(runtime: ServiceRuntime[GatewaySettings]) -> AsyncIterator[Gateway]:
    """Yield the gateway on what the core opened; the first keys are made where there is none and a file is named."""
    settings = runtime.settings
    services = ServiceClients(_channels(runtime))
    host_keys = HostKeys(runtime.database, runtime.audit)
    key_store, agency_store = KeyStore(), AgencyStore()
    cache = KeyCache()
    keys = KeyService(runtime.database, key_store, agency_store, runtime.audit, cache, People(settings.providers))
    agencies = AgencyService(runtime.database, agency_store, key_store, runtime.audit, settings.installation_id, cache)
    if settings.keys_file is not None and await host_keys.issue_first(settings.bootstrap_keys, settings.keys_file):
        log.info("first keys written", path=str(settings.keys_file), count=len(settings.bootstrap_keys))
    reading = ReadingProcesses(
        READER_MODULES,
        most=settings.reading_processes,
        time_limit_s=settings.reading_limit_s,
        memory_limit_bytes=settings.reading_memory_bytes,
        niceness=settings.reading_niceness,
    )
    with closing(reading):
        sessions = SessionService(runtime.database, keys, runtime.audit)
        yield _gateway(runtime, services, keys, sessions, agencies, reading)


def _gateway(
    runtime: ServiceRuntime[GatewaySettings],
    services: ServiceClients,
    keys: KeyService,
    sessions: SessionService,
    agencies: AgencyService,
    reading: ReadingProcesses,
) -> Gateway:
    settings, charters = runtime.settings, runtime.open_charters()
    admission = Admission(
        keys,
        sessions,
        rate_limit=settings.rate_limit,
        agency_rate_limit=settings.agency_rate_limit,
        refusal_limit=settings.refusal_limit,
        storage_url=settings.rate_limit_storage,
    )
    streams = OpenStreams(settings.streams_of_key, settings.streams_of_agency)
    return Gateway(
        settings=settings,
        services=services,
        admission=admission,
        keys=keys,
        sessions=sessions,
        log_ins=LogIns(settings.relying_parties, keys),
        agencies=agencies,
        answers=AnswerStore(
            runtime.database,
            claim_lifetime=timedelta(seconds=settings.claim_lease_s),
            answer_lifetime=timedelta(hours=settings.idempotency_hours),
            most_of_agency=settings.answers_of_agency,
            most_bytes_of_agency=settings.answer_bytes_of_agency,
        ),
        operations=OperationDirectory(services, settings.call_deadline_s),
        audit=AuditDirectory(
            services, AuditReader(runtime.database, settings.service_name, charters), settings.call_deadline_s
        ),
        feed=EventFeed(runtime.nats, runtime.js, charters),
        calls=CallShares.of(settings),
        reading=reading,
        streams=streams,
        limits=LimitDirectory(admission, streams, services.limits),
        readiness=Readiness(runtime.database, runtime.nats, services, settings.health_deadline_s),
    )


def _channels(runtime: ServiceRuntime[GatewaySettings]) -> dict[ServiceName, grpc.aio.Channel]:
    settings = runtime.settings
    targets = {
        ServiceName.PLANNER: settings.planner_target,
        ServiceName.LANDING_SITE: settings.landing_site_target,
        ServiceName.COMMS_WINDOW: settings.comms_window_target,
        ServiceName.PAYLOAD: settings.payload_target,
    }
    return {
        name: runtime.open_channel(target, GRPC_SERVICES[name], default_timeout_s=settings.call_deadline_s)
        for name, target in targets.items()
    }
