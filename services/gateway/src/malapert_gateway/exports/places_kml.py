"""Sites, waypoints and routes as KML 2.2 (OGC 07-147r2) for the Moon.

KML has no reference systems: viewers that know the hint take longitude, latitude and height for the Moon's, others draw
them on the Earth. A GIS that shall know reads the GeoJSON.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from typing import Any

from malapert_core.documents.plain_text import one_line, printable
from malapert_http_models.contracts.landing_site import Route, Site, SiteSearch, Waypoint
from malapert_http_models.contracts.planner import Plan
from malapert_http_models.contracts.vocabulary import SurfacePoint

from malapert_gateway.exports.lunar_grid import longitude_latitude
from malapert_gateway.exports.plan_routes import drive_count, open_routes, plan_latitude_deg
from malapert_gateway.exports.sites_geojson import plan_sites, ranked

_NAMESPACE = "http://www.opengis.net/kml/2.2"
_NOTE = (
    "Longitude (east positive) and latitude in degrees on the lunar sphere of 1,737,400 m (MOON_ME, IAU_2015:30100), "
    "heights in metres above it."
)


def plan_kml(plan: Plan) -> bytes:
    """Return a document of a plan's sites, waypoints and routes, a folder each."""
    root, document = _document(f"{plan.mission_id} {plan.plan_id}", f"{_NOTE} {plan.content_hash}")
    _folder(document, "Sites", (_site(site) for site in ranked(plan_sites(plan))))
    _folder(document, "Waypoints", (_waypoint(waypoint) for waypoint in plan.waypoints))
    latitude_deg = plan_latitude_deg(plan)
    _folder(document, "Routes", (_route(plan, route, latitude_deg) for route in open_routes(plan)))
    return _written(root)


def search_kml(search: SiteSearch) -> bytes:
    """Return a document of the sites of a search, best rank first."""
    root, document = _document(search.site_search_id, _NOTE)
    _folder(document, "Sites", (_site(site) for site in ranked(search.sites)))
    return _written(root)


def _document(name: str, description: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element("kml", {"xmlns": _NAMESPACE, "hint": "target=moon"})
    document = ET.SubElement(root, "Document")
    _text(document, "name", one_line(name))
    _text(document, "description", one_line(description))
    return root, document


def _written(root: ET.Element) -> bytes:
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _folder(document: ET.Element, name: str, placemarks: Iterable[ET.Element]) -> None:
    folder = ET.Element("Folder")
    _text(folder, "name", name)
    folder.extend(placemarks)
    if len(folder) > 1:
        document.append(folder)


def _site(site: Site) -> ET.Element:
    metrics = {} if site.metrics is None else site.metrics.model_dump()
    values = {"rank": site.rank, "score": site.score, **metrics}
    placemark = _placemark(f"{site.rank} {site.site_id}", site.explanation, values)
    return _at(placemark, site.point)


def _waypoint(waypoint: Waypoint) -> ET.Element:
    values = {"slope_deg": waypoint.slope_deg, "mean_sun_fraction": waypoint.mean_sun_fraction}
    return _at(_placemark(waypoint.waypoint_id, waypoint.title, values), waypoint.point)


def _route(plan: Plan, route: Route, latitude_deg: float) -> ET.Element:
    values = {"drive_count": drive_count(plan, route), "length_m": route.length_m, "drive_time_s": route.drive_time_s}
    placemark = _placemark(f"{route.from_waypoint_id} → {route.to_waypoint_id}", "", values)
    line = ET.SubElement(placemark, "LineString")
    _text(line, "tessellate", "1")
    points = (longitude_latitude(point, latitude_deg) for point in route.path)
    _text(line, "coordinates", " ".join(f"{longitude:.9f},{latitude:.9f}" for longitude, latitude in points))
    return placemark


def _placemark(name: str, description: str, values: Mapping[str, Any]) -> ET.Element:
    placemark = ET.Element("Placemark")
    _text(placemark, "name", one_line(name))
    if description:
        _text(placemark, "description", printable(description))
    extended = ET.SubElement(placemark, "ExtendedData")
    for key, value in values.items():
        _text(ET.SubElement(extended, "Data", {"name": key}), "value", str(value))
    return placemark


def _at(placemark: ET.Element, point: SurfacePoint) -> ET.Element:
    found = ET.SubElement(placemark, "Point")
    _text(found, "altitudeMode", "absolute")
    _text(found, "coordinates", f"{point.longitude_deg!r},{point.latitude_deg!r},{point.elevation_m!r}")
    return placemark


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
