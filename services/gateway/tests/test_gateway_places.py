"""Sites, waypoints and routes as files that a GIS opens: read by GDAL, whose reference systems are not ours."""

import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas
import pyproj
import pytest
from gateway_platform import sample
from malapert.landing_site.v1 import site_pb2
from malapert.planner.v1 import plan_pb2
from malapert_gateway.conversion import to_model
from malapert_gateway.exports.lunar_grid import grid_name, longitude_latitude
from malapert_gateway.routes.exports import _WRITERS as WRITERS
from malapert_gateway.routes.exports import ExportFormat
from malapert_http_models.contracts.planner import Plan
from malapert_http_models.contracts.vocabulary import GridPoint
from pyogrio import read_dataframe

PATH = ((-21_000.5, -22_700.25), (-20_800.0, -22_500.0), (-20_100.0, -22_450.0))
KML = "{http://www.opengis.net/kml/2.2}"


def plan(latitude_deg: float = -89.0, title: str = 'a & b <"ridge">') -> Plan:
    """Return a plan with two sites, two waypoints and one route that is driven twice."""
    made: Any = plan_pb2.Plan(plan_id="p-1", mission_id="lupex", state=plan_pb2.PLAN_STATE_DRAFT)
    for number, longitude_deg in enumerate((-137.25, 12.5), 1):
        site: Any = sample(site_pb2.Site())
        site.site_id, site.rank, site.explanation = f"s-{number}", number, title
        site.point.longitude_deg, site.point.latitude_deg, site.point.elevation_m = longitude_deg, latitude_deg, 1450.0
        (made.site if number == 1 else made.alternative_sites.add()).CopyFrom(site)
    for name in ("site", "ridge"):
        waypoint = made.waypoints.add(waypoint_id=name, title=title)
        waypoint.point.longitude_deg, waypoint.point.latitude_deg = -137.0, latitude_deg
    route = made.routes.add(from_waypoint_id="site", to_waypoint_id="ridge", reachable=True, length_m=812.5)
    for x_m, y_m in PATH:
        route.path.add(x_m=x_m, y_m=y_m)
    made.routes.add(from_waypoint_id="ridge", to_waypoint_id="site", closed_because="too steep")
    for hour in (1, 5):
        drive = made.activities.add(
            activity_id=f"d-{hour}", kind=plan_pb2.PLANNED_ACTIVITY_KIND_DRIVE, place_id="site", to_place_id="ridge"
        )
        drive.interval.start_time.FromJsonString(f"2029-01-11T0{hour}:00:00Z")
        drive.interval.end_time.FromJsonString(f"2029-01-11T0{hour}:30:00Z")
    return to_model(made, Plan)


def opened(kind: ExportFormat, of: Plan) -> geopandas.GeoDataFrame:
    return read_dataframe(WRITERS[kind][2](of))


def has_system(found: geopandas.GeoDataFrame, name: str) -> bool:
    """Tell whether GDAL took coordinates for those of a reference system of the IAU's register."""
    meant = pyproj.CRS(name)
    return bool(found.crs.name == meant.name and found.crs.ellipsoid.semi_major_metre == 1_737_400.0)


@pytest.mark.parametrize(("latitude_deg", "code"), [(-89.0, "30135"), (89.0, "30130")])
def test_routes_open_in_a_gis_with_their_lunar_grid(latitude_deg: float, code: str) -> None:
    found = opened(ExportFormat.GEOJSON_ROUTES, plan(latitude_deg))
    assert has_system(found, f"IAU_2015:{code}")
    assert list(found.geometry[0].coords) == list(PATH)
    assert (found["drive_count"][0], found["length_m"][0], len(found)) == (2, 812.5, 1)


def test_sites_open_in_a_gis_in_lunar_longitude_and_latitude() -> None:
    found = opened(ExportFormat.GEOJSON_SITES, plan())
    assert has_system(found, "IAU_2015:30100")
    assert list(found.geometry[0].coords) == [(-137.25, -89.0, 1450.0)]
    assert list(found["explanation"]) == ['a & b <"ridge">'] * 2


def test_tables_of_sites_and_routes_have_geometry_for_a_gis(tmp_path: Path) -> None:
    for kind, name in ((ExportFormat.CSV_SITES, "sites.csv"), (ExportFormat.CSV_ROUTES, "routes.csv")):
        (tmp_path / name).write_bytes(WRITERS[kind][2](plan()))
    columns = {"X_POSSIBLE_NAMES": "longitude_deg", "Y_POSSIBLE_NAMES": "latitude_deg"}
    sites = read_dataframe(tmp_path / "sites.csv", **columns)
    assert list(sites.geometry[1].coords) == [(12.5, -89.0)]
    routes = read_dataframe(tmp_path / "routes.csv")
    assert list(routes.geometry[0].coords) == list(PATH)
    assert routes["crs"][0] == "IAU_2015:30135"


def test_kml_is_read_by_gdal_and_says_that_it_is_the_moon_s() -> None:
    content = WRITERS[ExportFormat.KML][2](plan())
    root = ElementTree.fromstring(content)
    assert root.get("hint") == "target=moon"
    assert [folder.findtext(f"{KML}name") for folder in root.iter(f"{KML}Folder")] == ["Sites", "Waypoints", "Routes"]
    sites = read_dataframe(content, layer="Sites")
    assert list(sites.geometry[0].coords) == [(-137.25, -89.0, 1450.0)]
    assert sites["description"][0] == 'a & b <"ridge">'
    line = read_dataframe(content, layer="Routes").geometry[0]
    to_grid = pyproj.Transformer.from_crs("IAU_2015:30100", "IAU_2015:30135", always_xy=True)
    for (longitude_deg, latitude_deg, *_), (x_m, y_m) in zip(line.coords, PATH, strict=True):
        assert to_grid.transform(longitude_deg, latitude_deg) == pytest.approx((x_m, y_m), abs=0.001)


@pytest.mark.parametrize("latitude_deg", [-80.0, 80.0])
@pytest.mark.parametrize("point", [*PATH, (0.0, 0.0), (0.0, 303_000.0), (1.0, -1.0)])
def test_grid_points_lie_where_proj_has_them(point: tuple[float, float], latitude_deg: float) -> None:
    to_degrees = pyproj.Transformer.from_crs(grid_name(latitude_deg), "IAU_2015:30100", always_xy=True)
    longitude_deg, found_deg = longitude_latitude(GridPoint(x_m=point[0], y_m=point[1]), latitude_deg)
    expected = to_degrees.transform(*point)
    assert found_deg == pytest.approx(expected[1], abs=1e-9)  # 30 micrometres on the ground
    if point != (0.0, 0.0):
        assert math.remainder(longitude_deg - expected[0], 360.0) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("kind", [ExportFormat.KML, ExportFormat.CSV_SITES, ExportFormat.CSV_ROUTES])
def test_a_plan_without_places_is_a_file_without_rows(kind: ExportFormat) -> None:
    made = plan_pb2.Plan(plan_id="p-1", mission_id="x", state=plan_pb2.PLAN_STATE_DRAFT)
    assert WRITERS[kind][2](to_model(made, Plan)).decode("utf-8")
