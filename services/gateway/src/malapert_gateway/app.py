"""The FastAPI application: every route under /api/v1, health, and the OpenAPI document."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from malapert_core.audit.anchors import AnchorPublisher
from malapert_core.background import background
from malapert_core.service import ServiceRuntime, open_runtime, retention_runs, state_gauges

from malapert_gateway import asyncapi, guide, openapi, page, problems
from malapert_gateway.compression import Compression
from malapert_gateway.config import GatewaySettings
from malapert_gateway.factory import MIGRATIONS, open_gateway, retention
from malapert_gateway.middleware import CallContext
from malapert_gateway.routes import (
    agencies,
    agreements,
    audit,
    catalogues,
    charters,
    contacts,
    demand,
    edits,
    events,
    exchange,
    executions,
    exports,
    health,
    keys,
    missions,
    operations,
    orbiters,
    plans,
    products,
    request_files,
    requests,
    reviews,
    robustness,
    sessions,
    sites,
    stations,
    terrain,
    terrain_upload,
    threads,
    window_files,
    windows,
)
from malapert_gateway.services.gateway import Gateway

API_PREFIX = "/api/v1"
API_ROUTERS: tuple[APIRouter, ...] = (
    missions.document_router,
    missions.router,
    charters.router,
    terrain_upload.router,
    terrain.router,
    products.router,
    sites.router,
    stations.router,
    windows.router,
    orbiters.file_router,
    orbiters.router,
    exchange.schedule_router,
    exchange.file_router,
    exchange.router,
    window_files.router,
    contacts.router,
    agreements.router,
    catalogues.schema_router,
    catalogues.router,
    request_files.import_router,
    request_files.router,
    requests.router,
    demand.router,
    executions.router,
    plans.import_router,
    plans.router,
    reviews.router,
    threads.router,
    edits.router,
    robustness.router,
    exports.router,
    operations.router,
    operations.stream_router,
    audit.router,
    audit.stream_router,
    events.router,
    keys.router,
    keys.issuing_router,
    agencies.router,
    agencies.proven_router,
    sessions.router,
    sessions.opening_router,
)


def create_app(gateway: Gateway | None = None, telemetry: Any = None) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    gateway
        Its parts; None only where nothing but the OpenAPI document is wanted.
    telemetry
        FastAPI's telemetry settings.
    """
    # The page at /docs carries its own assets: it asks no other host for them.
    app = FastAPIOffline(
        title="Malapert",
        summary="Mission planning for the lunar poles",
        description=openapi.DESCRIPTION,
        version="1.0.0",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=openapi.TAGS,
        generate_unique_id_function=_operation_id,
        telemetry=telemetry,
        routes=list(_api().routes),
    )
    app.state.gateway = gateway
    app.add_middleware(Compression)
    app.add_middleware(CallContext)
    problems.install(app)
    openapi.install(app)
    asyncapi.install(app)
    page.install(app)
    guide.install(app)
    return app


@cache
def _api() -> APIRouter:
    """Return the routes of the API and of health: what each takes and answers is worked out once a process."""
    api = APIRouter(generate_unique_id_function=_operation_id)
    for router in API_ROUTERS:
        api.include_router(router, prefix=API_PREFIX)
    api.include_router(health.router)
    return api


def _kept(runtime: ServiceRuntime[GatewaySettings]) -> AbstractAsyncContextManager[None]:
    """Have the audit chain anchored, gauges set and what is old deleted for the length of a block."""
    anchors = AnchorPublisher(runtime.database, runtime.outbox)
    old = retention_runs(runtime, anchors, retention(runtime.settings))
    return background(anchors.run(), state_gauges(runtime).run(), *old)


@asynccontextmanager
async def running_app(settings: GatewaySettings) -> AsyncIterator[FastAPI]:
    """Open everything that the application stands on, and yield it; close it in reverse."""
    async with (
        open_runtime(settings, MIGRATIONS) as runtime,
        open_gateway(runtime) as gateway,
        _kept(runtime),
    ):
        telemetry = {
            "tracer_provider": runtime.telemetry.provider,
            "exclude": _is_health,
            "metrics": False,
            "logs": False,
        }
        app = create_app(gateway, telemetry)
        # Both are built once, before anybody waits for them.
        app.openapi()
        for name in catalogues.SchemaName:
            catalogues.schema_of(name)
        yield app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _is_health(scope: Any) -> bool:
    return scope.get("path") in ("/healthz", "/readyz")
