"""Models as tables, places, arrays and times."""

import base64
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from malapert_client.arrays import horizons, light, map_layer
from malapert_client.frames import resource_profiles, table, window_profiles, write_parquet
from malapert_client.places import points, routes, sites
from malapert_client.times import astropy_spans, astropy_times
from malapert_http_models.contracts.comms_window import Window
from malapert_http_models.contracts.landing_site import (
    HorizonProfiles,
    LightSeriesOfPoints,
    MapLayerData,
    Route,
    Waypoint,
)
from malapert_http_models.contracts.planner import Plan
from malapert_http_models.contracts.vocabulary import Interval
from pyarrow import parquet

START = datetime(2025, 1, 10, tzinfo=UTC)
SPAN = {"start_time": "2025-01-10T00:00:00Z", "end_time": "2025-01-10T06:00:00Z"}
POINT = {"longitude_deg": -137.25, "latitude_deg": -89.5, "elevation_m": 1450.0}


def window(**more):
    profile = {"quantity": "range_km", "offset_s": [0.0, 90.5], "value": [384_000.0, 384_001.0]}
    values = {"kind": "CONTACT", "place_id": "ridge", "station_id": "esa-mlg", "orbiter_id": "", "profiles": [profile]}
    return Window.model_validate({"window_id": "w-1", "interval": SPAN, **values, **more})


def plan(**more):
    empty: dict[str, list[str]] = {
        name: [] for name, field in Plan.model_fields.items() if "list[" in str(field.annotation)
    }
    texts = {name: "" for name, field in Plan.model_fields.items() if field.annotation is str and field.is_required()}
    numbers = {name: 0 for name, field in Plan.model_fields.items() if field.annotation is int and field.is_required()}
    return Plan.model_validate({**texts, **numbers, **empty, "state": "DRAFT", "is_redacted": False, **more})


def test_times_are_timestamps_in_utc():
    start, end = datetime(2029, 1, 10, tzinfo=UTC), datetime(2029, 1, 10, 6, tzinfo=UTC)
    frame = table([Interval(start_time=start, end_time=end)] * 2)
    assert list(frame.columns) == ["start_time", "end_time"]
    assert str(frame["start_time"].dt.tz) == "UTC"
    assert ((frame["end_time"] - frame["start_time"]).dt.total_seconds() == 6 * 3600).all()
    assert table([]).empty


def test_profiles_of_windows_are_rows_of_samples():
    frame = window_profiles([window(), window(window_id="w-2", profiles=[])])
    assert list(frame["time"]) == [pd.Timestamp(START), pd.Timestamp(START + timedelta(seconds=90.5))]
    assert list(frame["value"]) == [384_000.0, 384_001.0]
    assert set(frame["station_id"]) == {"esa-mlg"}
    assert str(window_profiles([])["time"].dt.tz) == "UTC"


def test_parquet_holds_kinds_and_what_it_is_of(tmp_path):
    path = tmp_path / "profiles.parquet"
    frame = window_profiles([window()])
    write_parquet(frame, path, {"plan_id": "p-1", "content_hash": "merkle-sha256:9f2c"})
    pd.testing.assert_frame_equal(pd.read_parquet(path), frame)
    schema = parquet.read_schema(path)
    assert schema.metadata[b"content_hash"] == b"merkle-sha256:9f2c"
    assert str(schema.field("time").type) == "timestamp[us, tz=UTC]"
    write_parquet(table([window()]), path)
    assert pd.read_parquet(path)["interval.start_time"][0] == pd.Timestamp(START)


def test_resources_along_a_plan_are_rows_with_their_unit():
    profile = {"resource_id": "battery_wh", "unit": "Wh", "offset_s": [0.0, 60.0], "value": [1200.0, 1190.0]}
    told = {"profiles": [{**profile, "minimum": 1190.0, "maximum": 1200.0, "request_ids": []}]}
    frame = resource_profiles(plan(horizon=SPAN, **told))
    assert frame.iloc[1].to_dict() == {
        "resource_id": "battery_wh", "unit": "Wh", "time": pd.Timestamp(START + timedelta(seconds=60)), "value": 1190.0,
    }  # fmt: skip
    assert resource_profiles(plan()).empty
    with pytest.raises(ValueError, match="horizon"):
        resource_profiles(plan(**told))


def test_places_and_routes_have_lunar_systems():
    waypoint = {"waypoint_id": "ridge", "title": "Ridge", "point": POINT, "slope_deg": 4.0, "mean_sun_fraction": 0.5}
    found = points([Waypoint.model_validate(waypoint)])
    assert found.crs.to_authority() == ("IAU_2015", "30100")
    assert list(found.geometry[0].coords) == [(-137.25, -89.5, 1450.0)]
    assert sites(plan()).empty
    path = [{"x_m": -21_000.5, "y_m": -22_700.25}, {"x_m": -20_000.0, "y_m": -22_000.0}]
    names = {
        "from_waypoint_id": "a",
        "to_waypoint_id": "b",
        "closed_because": "",
        "path_offset_s": [],
        "path_points": [],
    }
    figures = dict.fromkeys(("length_m", "drive_time_s", "energy_wh", "max_slope_deg"), 1.0)
    drawn = routes([Route.model_validate({**names, **figures, "reachable": True, "path": path})])
    assert drawn.crs.to_authority() == ("IAU_2015", "30135")
    assert drawn.geometry[0].length == pytest.approx(np.hypot(1000.5, 700.25))
    # In longitude and latitude they lie at the pole, as PROJ has it.
    assert drawn.to_crs("IAU_2015:30100").geometry[0].coords[0][1] == pytest.approx(-88.98, abs=0.01)
    assert routes([], north=True).crs.to_authority() == ("IAU_2015", "30130")


def test_light_is_an_array_of_points_and_times():
    figures = {"mean_sun_fraction": 0.5, "longest_night_s": 0.0, "longest_lit_s": 0.0, "earth_visible_fraction": 0.0}
    empty: dict[str, list[str]] = {
        f"{body}_{angle}_deg": [] for body in ("sun", "earth") for angle in ("azimuth", "elevation")
    }
    series = {"point": POINT, "sun_fraction": [0.0, 0.5, 1.0], "earth_visible": [True, False, True]}
    told = {"series": [{**series, **figures, **empty, "sun_and_earth_fraction": 0.0}], "span": SPAN, "step_s": 7200.0}
    found = light(LightSeriesOfPoints.model_validate(told))
    assert dict(found.sizes) == {"point": 1, "time": 3}
    assert float(found["sun_fraction"].sel(time="2025-01-10T03:00:00", point=0)) == 0.5
    assert float(found["latitude_deg"][0]) == -89.5
    assert set(found.data_vars) == {"sun_fraction", "earth_visible"}


def test_skylines_and_layers_are_arrays_in_degrees_and_metres():
    profile = {
        "point": POINT,
        "height_m": 2.0,
        "azimuth_step_deg": 90.0,
        "surface_model": "",
        "elevation_error_deg": 0.0,
    }
    skyline = horizons(
        HorizonProfiles.model_validate({"profiles": [{**profile, "elevation_deg": [0.0, -1.0, 2.0, 3.0]}]})
    )
    assert float(skyline.sel(azimuth_deg=180.0, point=0)) == 2.0
    assert horizons(HorizonProfiles(profiles=[])).sizes["point"] == 0
    data = base64.b64encode(np.arange(6, dtype="<f4").tobytes()).decode()
    layer = map_layer(
        MapLayerData(data=data, width_px=3, height_px=2, x_min_m=-30.0, y_max_m=20.0, pixel_size_m=20.0, unit="deg")
    )
    assert float(layer.sel(x_m=-20.0, y_m=-10.0)) == 3.0
    assert layer.attrs["units"] == "deg"


def test_times_are_astropy_s_on_utc():
    found = astropy_times([START])
    assert found.scale == "utc"
    # 37 leap seconds since 2017 and 32.184 s between TAI and TT (IERS Bulletin C 52).
    assert (found.tdb[0].datetime - START.replace(tzinfo=None)).total_seconds() == pytest.approx(69.184, abs=0.002)
    starts, ends = astropy_spans([Interval.model_validate(SPAN)])
    assert (ends - starts).sec[0] == pytest.approx(21_600.0)
    with pytest.raises(ValueError, match="offset"):
        astropy_times([datetime(2025, 1, 10)])  # noqa: DTZ001 - what is refused
