"""Authority: JPL Horizons (DE441, MEAN_ME), airless apparent azimuth and elevation from a lunar site.

Some rows are kept beside this module; all of them are in the shared data folder, if that is there.
"""

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.surface import azimuth_elevation, surface_position_km
from malapert_astro.times import tdb_from_utc, utc_seconds

BOUND_DEG = 0.0005
LONGITUDE_DEG, LATITUDE_DEG = 29.1957, -84.7906
BESIDE = Path(__file__).parent / "data"
SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "truth"


@pytest.mark.parametrize("body", ["sun", "earth"])
@pytest.mark.parametrize("rows", ["sample", "all"])
def test_directions_agree_with_horizons(ephemeris: Ephemeris, body: str, rows: str) -> None:
    path = BESIDE / f"horizons_{body}_im2_sample.csv" if rows == "sample" else SHARED / f"horizons_{body}_im2.csv"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in ../shared/data/truth")
    utc_s, azimuth_deg, elevation_deg = _read(path)
    apparent = {"sun": ephemeris.apparent_sun_km, "earth": ephemeris.apparent_earth_km}[body]
    vector_km = apparent(tdb_from_utc(utc_s), surface_position_km(LONGITUDE_DEG, LATITUDE_DEG))
    azimuth, elevation = azimuth_elevation(vector_km, LONGITUDE_DEG, LATITUDE_DEG)
    assert len(utc_s) >= 5
    assert np.max(np.abs(elevation - elevation_deg)) < BOUND_DEG
    assert np.max(np.abs((azimuth - azimuth_deg + 180.0) % 360.0 - 180.0)) < BOUND_DEG


def _read(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with path.open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    times = [utc_seconds(datetime.fromisoformat(row["utc"]).replace(tzinfo=UTC)) for row in rows]
    azimuth_deg, elevation_deg = (
        np.array([float(row[name]) for row in rows]) for name in ("azimuth_deg", "elevation_deg")
    )
    return np.array(times), azimuth_deg, elevation_deg
