import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# Tests are imported without their folder on the path; what they share lies beside them.
sys.path.append(str(Path(__file__).parent))

import grpc
import numpy as np
import pytest
from malapert.landing_site.v1 import site_pb2, site_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.domain.window_requests import WindowRequest
from malapert_comms_window.domain.windows import Predictability, Window, WindowKind, WindowSet
from malapert_comms_window.factory import MIGRATIONS, build
from malapert_comms_window.storage.station_catalogue import load_station_catalogue
from malapert_comms_window.storage.window_sets import WindowSetStore
from malapert_core.service import RunningService
from malapert_core.vocabulary.provenance import Provenance
from malapert_testing.charters import EVERYBODY, CharterBook, charter_of_all
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


OPEN_SPAN = (datetime(2028, 12, 1, tzinfo=UTC), datetime(2029, 6, 1, tzinfo=UTC))


class CommsWindow:
    """Runs the service beside a hand-made landing-site and the charters of missions in which all agencies plan.

    Mission lupex sees every antenna during `OPEN_SPAN`, by a window set that is stored as it is.
    """

    def __init__(self, launcher: ServiceLauncher) -> None:
        self._launcher = launcher
        self.build = build
        self.landing_site = HandMadeSkyline()
        agencies = (*EVERYBODY, *(f"agency-{number}" for number in range(12)))
        self.charters = CharterBook({"lupex": charter_of_all("lupex", agencies)})

    @asynccontextmanager
    async def run(self, **settings: Any) -> AsyncIterator[RunningService[CommsWindowSettings]]:
        server = grpc.aio.server()
        site_pb2_grpc.add_HorizonServiceServicer_to_server(self.landing_site, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with (
                self.charters.served() as planner_target,
                self._launcher.run(
                    CommsWindowSettings,
                    self.build,
                    MIGRATIONS,
                    landing_site_target=f"127.0.0.1:{port}",
                    planner_target=planner_target,
                    **settings,
                ) as service,
            ):
                await _open_windows(service, "lupex")
                yield service
        finally:
            await server.stop(None)


async def _open_windows(service: RunningService[CommsWindowSettings], mission_id: str) -> None:
    request = WindowRequest(
        mission_id=mission_id,
        terrain_stack_id="stack-1",
        places=(),
        station_ids=(),
        start_time=OPEN_SPAN[0],
        end_time=OPEN_SPAN[1],
        terminal=None,
        array_height_m=2.0,
        antenna_height_m=2.0,
        profile_step_s=3600.0,
    )
    provenance = Provenance((), {}, "hand-made", OPEN_SPAN[0], synthetic_terrain=True, notes=())
    windows = [
        Window(f"open:{station_id}", WindowKind.CONTACT, "a", station_id, *OPEN_SPAN, Predictability.PREDICTED)
        for station_id in load_station_catalogue()
    ]
    async with service.runtime.database.transaction() as session:
        await WindowSetStore().add(
            session, WindowSet(f"windows-open-{mission_id}", "JAXA", request, (), provenance), windows
        )


@pytest.fixture
def comms_window(service_runtime: ServiceLauncher) -> CommsWindow:
    """The service on a real broker and gRPC, once on each kind of database."""
    return CommsWindow(service_runtime)


@pytest.fixture
def sqlite_comms_window(sqlite_service_runtime: ServiceLauncher) -> CommsWindow:
    """The service on SQLite alone."""
    return CommsWindow(sqlite_service_runtime)
