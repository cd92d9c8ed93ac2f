"""Reading the files of orbiters: small ones in a thread, large ones in a process of their own."""

import asyncio
from functools import cache

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.orbits import Orbit
from malapert_core.reading_processes import QUICK_BYTES, ReadingProcesses

from malapert_comms_window.domain.orbiters import OrbitSource
from malapert_comms_window.geometry.orbits import orbit_of


class OrbitReader:
    """Reads orbits.

    Parameters
    ----------
    ephemeris : Ephemeris
    reading : ReadingProcesses
    """

    def __init__(self, ephemeris: Ephemeris, reading: ReadingProcesses) -> None:
        self._ephemeris = ephemeris
        self._reading = reading

    async def read(self, agency_id: str, source: OrbitSource, file: bytes, naif_id: int) -> Orbit:
        """Return the orbit of an agency's file.

        Raises
        ------
        InvalidInputError
            ``INVALID_ORBIT`` with every fault.
        ExhaustedError
            ``READING_LIMIT`` where it takes more time or memory to read than there is.
        """
        if len(file) <= QUICK_BYTES:
            return await asyncio.to_thread(orbit_of, source, file, naif_id, self._ephemeris)
        return await self._reading.run(agency_id, _read_apart, source, file, naif_id)


def _read_apart(source: OrbitSource, file: bytes, naif_id: int) -> Orbit:
    return orbit_of(source, file, naif_id, _own_ephemeris())


@cache
def _own_ephemeris() -> Ephemeris:
    """Return the ephemeris of this process, made when it is first asked for."""
    return Ephemeris()
