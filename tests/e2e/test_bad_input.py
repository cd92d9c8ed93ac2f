"""Bad input gets a complete answer: what, where, what is allowed; and changes nothing."""

import copy
from pathlib import Path

import numpy as np
import pytest
import rasterio
from malapert_cli.mission_file import load_mission
from malapert_client import ProblemError
from rasterio.transform import Affine

MISSION = Path(__file__).parents[2] / "missions" / "lupex-week.yaml"
MOON = "IAU_2015:30135"


@pytest.fixture
def document():
    changed = copy.deepcopy(load_mission(MISSION))
    changed["mission"]["id"] = "broken"
    return changed


def refused(platform, document):
    """Return the faults by path, and check that nothing was stored."""
    with platform.api() as api:
        with pytest.raises(ProblemError) as refusal:
            api.post("/missions", document)
        with pytest.raises(ProblemError):
            api.get("/missions/broken")
    return {fault.path: fault for fault in refusal.value.faults}


def test_a_wrong_unit(platform, document):
    document["assets"][0]["array"]["power"] = "400 Wh"
    fault = refused(platform, document)["assets[0].array.power"]
    assert fault.code == "WRONG_UNIT"
    assert "Wh" in fault.message


def test_an_unknown_field(platform, document):
    document["assets"][0]["batery"] = document["assets"][0].pop("battery")
    faults = refused(platform, document)
    assert faults["assets[0].batery"].code == "UNKNOWN_FIELD"
    assert "battery" in faults["assets[0].batery"].message


def test_overlapping_windows(platform, document):
    document["requests"][0]["windows"] = [
        {"start": "2029-01-16T00:00:00Z", "end": "2029-01-18T00:00:00Z"},
        {"start": "2029-01-17T00:00:00Z", "end": "2029-01-19T00:00:00Z"},
    ]
    faults = refused(platform, document)
    assert any(path.startswith("requests[0].windows") and fault.code == "OVERLAP" for path, fault in faults.items())


def test_a_missing_waypoint(platform, document):
    document["requests"][0]["places"] = ["nowhere"]
    fault = refused(platform, document)["requests[0].places[0]"]
    assert fault.code == "UNKNOWN_PLACE"
    assert "lander" in fault.message


def test_a_date_outside_the_ephemeris(platform, document):
    document["horizon"]["start"] = "2190-01-16T00:00:00Z"
    document["landing"]["time"] = "2190-01-14T00:00:00Z"
    assert any(fault.code == "OUTSIDE_EPHEMERIS" for fault in refused(platform, document).values())


def test_all_faults_come_at_once(platform, document):
    document["assets"][0]["array"]["power"] = "400 Wh"
    document["requests"][0]["places"] = ["nowhere"]
    document["requests"][1]["activity_type"] = "dance"
    faults = refused(platform, document)
    assert "assets[0].array.power" in faults
    assert len(faults) >= 3


def write_dem(path, crs, heights, nodata=None):
    height, width = heights.shape
    transform = Affine(20.0, 0.0, -1000.0, 0.0, -20.0, 1000.0)
    profile = {
        "driver": "GTiff",
        "height": height,
        "width": width,
        "count": 1,
        "dtype": "float32",
        "transform": transform,
    }
    with rasterio.open(path, "w", **profile, crs=crs, nodata=nodata) as file:
        file.write(heights.astype("float32"), 1)
    return path


@pytest.fixture
def heights():
    return np.random.default_rng(7).normal(1000, 20, (100, 100))


@pytest.mark.parametrize(
    ("crs", "reason"),
    [(None, "TERRAIN_WITHOUT_CRS"), ("EPSG:3031", "TERRAIN_WRONG_BODY")],
    ids=["no CRS", "of the Earth"],
)
def test_a_terrain_that_is_not_of_the_moon(platform, tmp_path, heights, crs, reason):
    path = write_dem(tmp_path / "odd.tif", crs, heights)
    with platform.api() as api:
        before = api.get("/terrains")["terrains"]
        with pytest.raises(ProblemError) as refusal:
            api.upload_terrain(path)
        assert reason in str(refusal.value)
        assert "odd.tif" in str(refusal.value)
        assert api.get("/terrains")["terrains"] == before


def test_a_terrain_with_holes_says_so(platform, tmp_path, heights):
    heights[10:20, 10:20] = -9999
    path = write_dem(tmp_path / "holes.tif", MOON, heights, nodata=-9999)
    with platform.api() as api:
        assert api.upload_terrain(path).no_data_fraction == pytest.approx(0.01)
