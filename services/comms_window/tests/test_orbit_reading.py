"""Files of orbiters are read where no event loop waits for them: the same motion, the same faults."""

from typing import Any

import numpy as np
import pytest
from malapert.comms_window.v1 import orbiter_pb2, orbiter_pb2_grpc
from malapert_astro.ephemeris import Ephemeris
from malapert_comms_window.domain.orbiters import OrbitSource
from malapert_comms_window.geometry.orbits import orbit_of
from malapert_comms_window.services.registry import orbit_reading
from malapert_comms_window.services.registry.orbit_reading import OrbitReader
from malapert_core.errors import InvalidInputError
from malapert_core.reading_processes import QUICK_BYTES, ReadingProcesses
from malapert_testing.services import identity_of, open_test_channel
from test_orbit_data_edges import oem_of, registration

pytestmark = pytest.mark.asyncio


async def test_a_large_file_is_read_apart_and_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    ephemeris, file = Ephemeris(), oem_of((0, 24))
    assert len(file) > QUICK_BYTES
    wanted = orbit_of(OrbitSource.OEM, file, 0, ephemeris)
    broken = file.replace(b"EME2000", b"NOWHERE")
    with pytest.raises(InvalidInputError) as told:
        orbit_of(OrbitSource.OEM, broken, 0, ephemeris)

    def here(*_arguments: object) -> None:
        raise AssertionError("it was read in the service's own process")

    monkeypatch.setattr(orbit_reading, "orbit_of", here)
    async with ReadingProcesses() as reading:
        reader = OrbitReader(ephemeris, reading)
        found = await reader.read("JAXA", OrbitSource.OEM, file, 0)
        with pytest.raises(InvalidInputError) as apart:
            await reader.read("JAXA", OrbitSource.OEM, broken, 0)
    assert apart.value.faults == told.value.faults
    assert found.spans_tdb_s == wanted.spans_tdb_s
    epochs = np.linspace(wanted.spans_tdb_s[0][0], wanted.spans_tdb_s[0][1], 50)
    for one, other in zip(found.state_km(epochs), wanted.state_km(epochs), strict=True):
        assert np.array_equal(one, other)


async def test_two_lines_are_no_large_file(sqlite_comms_window: Any) -> None:
    asked = registration(b"1 " * QUICK_BYTES, source=orbiter_pb2.ORBIT_SOURCE_TLE)
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, identity_of("JAXA")) as channel:
        with pytest.raises(InvalidInputError) as told:
            await orbiter_pb2_grpc.OrbiterServiceStub(channel).RegisterOrbiter(asked)
    assert [(fault.path, fault.code) for fault in told.value.faults] == [("content", "TOO_LARGE")]
