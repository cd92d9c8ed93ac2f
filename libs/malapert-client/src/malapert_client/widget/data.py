"""What a timeline is drawn from: plans, the ground of light, and names."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from malapert_client import Client

Json = dict[str, Any]

_PLAN = ("plan_id", "mission_id", "horizon", "activities", "contacts")
_PROFILE = ("resource_id", "unit", "offset_s", "value", "floor", "capacity")
_PLACE = ("waypoint_id", "title")
_WINDOW = ("kind", "place_id", "station_id", "orbiter_id", "interval")


def timeline_data(plans: Iterable[Json], windows: Iterable[Json], stations: Iterable[Json]) -> Json:
    """Return what the script of a timeline reads, without what it does not draw."""
    return {
        "plans": [_plan(plan) for plan in plans],
        "windows": [{key: window[key] for key in _WINDOW if key in window} for window in windows],
        "names": {
            "stations": {each["station_id"]: {"title": each["name"], "agency": each["agency_id"]} for each in stations},
            "requests": {},
        },
    }


def _plan(plan: Json) -> Json:
    places = [{key: place[key] for key in _PLACE if key in place} for place in plan.get("waypoints", ())]
    profiles = [{key: profile[key] for key in _PROFILE if key in profile} for profile in plan["profiles"]]
    return {**{key: plan[key] for key in _PLAN}, "waypoints": places, "profiles": profiles}


def stations_of(client: "Client", plans: Iterable[Json]) -> list[Json]:
    """Return the stations with which plans have contacts."""
    wanted = {contact["station_id"] for plan in plans for contact in plan["contacts"]}
    if not wanted:
        return []
    page = client.plain("list_stations", query={"page_size": 1000})
    return [station for station in page["stations"] if station["station_id"] in wanted]
