from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import spiceypy
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.kernels import installed_kernels
from malapert_astro.points import SitePosition, StationPosition

SITE = SitePosition(29.1957, -84.7906, 0.0)
STATION = StationPosition(-69.3981934, -35.7760086, 1571.77)
SITE_BODY, STATION_BODY = 301901, 399901


@pytest.fixture(scope="session")
def ephemeris() -> Ephemeris:
    return Ephemeris()


@pytest.fixture
def spice(tmp_path: Path) -> Iterator[None]:
    """SPICE on the same kernels, with the site and the station as bodies of their own."""
    kernels = installed_kernels()
    for path in vars(kernels).values():
        if path != kernels.earth_high_precision_pck:
            spiceypy.furnsh(str(path))
    spiceypy.furnsh(str(kernels.earth_high_precision_pck))  # the last one loaded takes precedence
    spk = tmp_path / "points.bsp"
    handle = spiceypy.spkopn(str(spk), "points", 0)
    for body, center, frame, position in (
        (SITE_BODY, 301, "MOON_ME", SITE.fixed_km),
        (STATION_BODY, 399, "ITRF93", STATION.fixed_km),
    ):
        epochs = np.linspace(0.0, 1.2e9, 4)
        states = np.zeros((4, 6))
        states[:, :3] = position
        spiceypy.spkw09(
            handle, body, center, frame, epochs[0], epochs[-1], "point", 3, 4, states.tolist(), epochs.tolist()
        )
    spiceypy.spkcls(handle)
    spiceypy.furnsh(str(spk))
    yield
    spiceypy.kclear()
