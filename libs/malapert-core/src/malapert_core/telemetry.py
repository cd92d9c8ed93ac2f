"""Traces across HTTP, gRPC and NATS, and a Prometheus endpoint; exported only where the settings say so."""

from __future__ import annotations

import threading
from collections.abc import Mapping, MutableMapping
from typing import Any
from wsgiref.simple_server import WSGIServer

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.grpc import aio_client_interceptors, aio_server_interceptor, filters
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import DEFAULT_ON
from opentelemetry.trace import Tracer
from opentelemetry.trace import TracerProvider as AnyTracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import start_http_server
from sqlalchemy.ext.asyncio import AsyncEngine

from malapert_core.config import ProcessSettings
from malapert_core.quiet_traces import QuietTracerProvider
from malapert_core.rpc.certificates import Certificates, certificates_of

log = structlog.get_logger(__name__)

MOST_METRICS_CONNECTIONS = 32
METRICS_SILENCE_S = 10.0
"""How long a connection to the metrics endpoint may say nothing, seconds."""
_PROPAGATOR = TraceContextTextMapPropagator()


def inject_trace(headers: MutableMapping[str, str]) -> None:
    """Write the present trace into headers as ``traceparent``, where there is one."""
    _PROPAGATOR.inject(headers)


def extract_trace(headers: Mapping[str, str]) -> Context:
    """Return the trace context that headers carry."""
    return _PROPAGATOR.extract(headers)


def _served_metrics(
    host: str, port: int, certificates: Certificates | None
) -> tuple[WSGIServer, threading.Thread] | None:
    try:
        if certificates is None:
            return _bounded(start_http_server(port, addr=host))
        served = start_http_server(
            port,
            addr=host,
            certfile=str(certificates.certificate),
            keyfile=str(certificates.key),
            client_cafile=str(certificates.authority),
            client_auth_required=True,
        )
        # Each handshake in the thread of its call: whoever connects and says nothing would hold all others.
        served[0].socket.do_handshake_on_connect = False  # type: ignore[attr-defined]
        return _bounded(served)
    except OSError as error:
        # Whoever has the port already may be another process with the same environment: that ends nobody's work.
        log.error("metrics cannot be served", host=host, port=port, error=str(error))
        return None


def _bounded(served: tuple[WSGIServer, threading.Thread]) -> tuple[WSGIServer, threading.Thread]:
    """Return a server with a bounded number of connections, each ended where nothing comes for a while."""
    # prometheus_client's server takes each connection in a thread of its own, and waits for its words without end.
    server: Any = served[0]
    places = threading.BoundedSemaphore(MOST_METRICS_CONNECTIONS)
    begin, serve = server.process_request, server.process_request_thread

    def begin_where_there_is_room(connection: Any, address: Any) -> None:
        if places.acquire(blocking=False):
            begin(connection, address)
        else:
            server.shutdown_request(connection)

    def serve_and_make_room(connection: Any, address: Any) -> None:
        try:
            serve(connection, address)
        finally:
            places.release()

    server.process_request, server.process_request_thread = begin_where_there_is_room, serve_and_make_room
    handler = server.RequestHandlerClass
    server.RequestHandlerClass = type(handler.__name__, (handler,), {"timeout": METRICS_SILENCE_S})
    return served


def _exporting(service_name: str, otlp_endpoint: str) -> TracerProvider:
    resource = Resource.create({SERVICE_NAME: f"malapert-{service_name}"})
    provider = TracerProvider(sampler=DEFAULT_ON, resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
    return provider


class Telemetry:
    """One service's traces and metrics.

    Parameters
    ----------
    service_name : str
        Name under which spans appear.
    otlp_endpoint : str, optional
        Where spans are exported by OTLP over gRPC; without it they only give logs their trace identifiers.
    metrics_host, metrics_port : str, int, optional
        Address of the Prometheus endpoint; without it, or where another process has it, there is none.
    metrics_certificates : Certificates, optional
        With them the endpoint speaks TLS, with callers that show a certificate of the authority alone.
    """

    @classmethod
    def of(cls, settings: ProcessSettings) -> Telemetry:
        """Return a process's telemetry; raises as `certificates_of`."""
        return cls(
            settings.service_name,
            otlp_endpoint=settings.otlp_endpoint,
            metrics_host=settings.metrics_host or settings.grpc_host,
            metrics_port=settings.metrics_port,
            metrics_certificates=certificates_of(settings) if settings.metrics_tls else None,
        )

    def __init__(
        self,
        service_name: str,
        *,
        otlp_endpoint: str | None = None,
        metrics_host: str = "127.0.0.1",
        metrics_port: int | None = None,
        metrics_certificates: Certificates | None = None,
    ) -> None:
        self._exporting = None if otlp_endpoint is None else _exporting(service_name, otlp_endpoint)
        self.provider: AnyTracerProvider = self._exporting or QuietTracerProvider()
        self.tracer: Tracer = self.provider.get_tracer("malapert")
        self._metrics: tuple[WSGIServer, threading.Thread] | None = None
        if metrics_port is not None:
            self._metrics = _served_metrics(metrics_host, metrics_port, metrics_certificates)

    def server_interceptor(self) -> Any:
        """Return the interceptor that opens a span for each served call but health checks."""
        return aio_server_interceptor(self.provider, filters.negate(filters.health_check()))  # type: ignore[no-untyped-call]

    def client_interceptors(self) -> list[Any]:
        """Return the interceptors that open a span for each call made."""
        return list(aio_client_interceptors(self.provider))  # type: ignore[no-untyped-call]

    def trace_database(self, engine: AsyncEngine) -> None:
        """Open a span for each statement of an engine, where spans are exported."""
        if self._exporting is not None:
            SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine, tracer_provider=self.provider)

    def close(self) -> None:
        """Export what is left and stop the metrics endpoint."""
        if self._metrics is not None:
            server, thread = self._metrics
            server.shutdown()
            server.server_close()
            thread.join()
        if self._exporting is not None:
            self._exporting.shutdown()
