from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import numpy as np
import pytest
from malapert.landing_site.v1 import site_pb2, site_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.factory import MIGRATIONS, build
from malapert_core.service import RunningService
from malapert_testing.services import ServiceLauncher


class HandMadeSkyline(site_pb2_grpc.HorizonServiceServicer):
    """Landing-site's place in these tests: one gentle skyline for every point. For tests only."""

    def __init__(self) -> None:
        self.calls = 0

    async def GetHorizonProfiles(  # noqa: N802
        self, request: site_pb2.GetHorizonProfilesRequest, context: grpc.aio.ServicerContext
    ) -> site_pb2.GetHorizonProfilesResponse:
        self.calls += 1
        azimuth = np.radians(np.arange(0.0, 360.0, 0.5))
        profiles = [
            site_pb2.HorizonProfile(
                point=type_pb2.SurfacePoint(
                    longitude_deg=point.longitude_deg, latitude_deg=point.latitude_deg, elevation_m=1234.0
                ),
                height_m=request.height_m,
                azimuth_step_deg=0.5,
                elevation_deg=0.5 * np.sin(3.0 * azimuth) - 0.2,
                surface_model="hand-made",
                elevation_error_deg=0.02,
            )
            for point in request.points
        ]
        record = type_pb2.InputRecord(kind="terrain", name=request.terrain_stack_id, content_hash="sha256:00")
        provenance = type_pb2.Provenance(inputs=[record], synthetic_terrain=True, notes=["hand-made skyline"])
        return site_pb2.GetHorizonProfilesResponse(profiles=profiles, provenance=provenance)


class CommsWindow:
    """Runs the service beside a hand-made landing-site."""

    def __init__(self, launcher: ServiceLauncher) -> None:
        self._launcher = launcher
        self.landing_site = HandMadeSkyline()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[RunningService[CommsWindowSettings]]:
        server = grpc.aio.server()
        site_pb2_grpc.add_HorizonServiceServicer_to_server(self.landing_site, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with self._launcher.run(
                CommsWindowSettings, build, MIGRATIONS, landing_site_target=f"127.0.0.1:{port}"
            ) as service:
                yield service
        finally:
            await server.stop(None)


@pytest.fixture
def comms_window(service_runtime: ServiceLauncher) -> CommsWindow:
    """The service on a real broker and gRPC, once on each kind of database."""
    return CommsWindow(service_runtime)


@pytest.fixture
def sqlite_comms_window(sqlite_service_runtime: ServiceLauncher) -> CommsWindow:
    """The service on SQLite alone."""
    return CommsWindow(sqlite_service_runtime)
