"""Files of orbiters are bounded for each agency."""

from datetime import UTC, datetime

import pytest
from malapert.comms_window.v1 import orbiter_pb2, orbiter_pb2_grpc
from malapert_comms_window.config import CommsWindowSettings
from malapert_comms_window.factory import MIGRATIONS, build
from malapert_core.errors import ExhaustedError
from malapert_core.timestamps import to_timestamp
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

JAXA, ISRO = identity_of("JAXA"), identity_of("ISRO")


def _elements(orbiter_id: str = "relay-1") -> orbiter_pb2.RegisterOrbiterRequest:
    elements = orbiter_pb2.KeplerianElements(
        center="moon",
        epoch_time=to_timestamp(datetime(2029, 1, 18, tzinfo=UTC)),
        semi_major_axis_km=5740.0,
        eccentricity=0.58,
        inclination_deg=54.86,
        argument_of_pericenter_deg=86.3,
    )
    return orbiter_pb2.RegisterOrbiterRequest(
        orbiter_id=orbiter_id,
        source=orbiter_pb2.ORBIT_SOURCE_KEPLERIAN,
        elements=elements,
        position_error_km=5.0,
        origin="published elements",
    )


@pytest.mark.asyncio
async def test_an_agency_s_orbiters_are_bounded_in_bytes_and_another_s_are_its_own(
    sqlite_service_runtime: ServiceLauncher,
) -> None:
    launch = sqlite_service_runtime.run(CommsWindowSettings, build, MIGRATIONS, stored_bytes_of_agency=250)
    async with (
        launch as service,
        open_test_channel(service.target, JAXA) as own,
        open_test_channel(service.target, ISRO) as other,
    ):
        orbiters = orbiter_pb2_grpc.OrbiterServiceStub(own)
        await orbiters.RegisterOrbiter(_elements())
        await orbiters.RegisterOrbiter(_elements())  # unchanged, and so nothing more
        with pytest.raises(ExhaustedError, match="STORED_BYTES_LIMIT"):
            await orbiters.RegisterOrbiter(_elements("relay-2"))
        await orbiter_pb2_grpc.OrbiterServiceStub(other).RegisterOrbiter(_elements(orbiter_id="theirs"))
