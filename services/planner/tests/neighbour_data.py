"""Hand-made, consistent answers of the three other services for the small reference mission."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from malapert.comms_window.v1 import window_pb2
from malapert.landing_site.v1 import route_pb2, site_pb2
from malapert.payload.v1 import catalogue_pb2, request_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp

START = datetime(2029, 1, 16, tzinfo=UTC)
HORIZON_S = 7 * 86_400
PLACES = ("lander", "haven", "lookout")
STATIONS = ("isro-idsn-32", "jaxa-udsc-64", "esa-nno-1", "esa-mlg")
NIGHT_S = (3 * 86_400, 4 * 86_400)
"""The lookout and the lander are dark over the fourth day; the haven never is."""
RATE_BPS = 256_000.0
TRACK_S = 8 * 3600


def interval(start_s: float, end_s: float) -> type_pb2.Interval:
    start, end = START + timedelta(seconds=start_s), START + timedelta(seconds=end_s)
    return type_pb2.Interval(start_time=to_timestamp(start), end_time=to_timestamp(end))


def site(index: int) -> site_pb2.Site:
    point = type_pb2.SurfacePoint(longitude_deg=-137.3, latitude_deg=-89.45, elevation_m=1900.0)
    return site_pb2.Site(
        site_id=f"site-{index}", rank=index, point=point, score=1.0 / index, terrain_stack_id="stack-1"
    )


def waypoint(definition: route_pb2.WaypointDefinition) -> route_pb2.Waypoint:
    point = type_pb2.SurfacePoint(longitude_deg=-137.3, latitude_deg=-89.45, elevation_m=1900.0)
    return route_pb2.Waypoint(waypoint_id=definition.waypoint_id, title=definition.title, point=point, slope_deg=3.0)


def routes(place_ids: Iterable[str]) -> list[route_pb2.Route]:
    """Return 300 m on level ground between every two places: 6000 s at 0.05 m/s, 75 W."""
    names = list(place_ids)
    return [
        route_pb2.Route(
            from_waypoint_id=start,
            to_waypoint_id=end,
            reachable=True,
            length_m=300.0,
            drive_time_s=6000.0,
            energy_wh=75.0 * 6000.0 / 3600.0,
        )
        for start in names
        for end in names
        if start != end
    ]


def station(station_id: str) -> window_pb2.Station:
    def figure(value: float, unit: str) -> type_pb2.Figure:
        return type_pb2.Figure(value=value, unit=unit, source="test", confidence=type_pb2.CONFIDENCE_ASSUMPTION)

    return window_pb2.Station(
        station_id=station_id, setup_s=figure(1800, "s"), teardown_s=figure(900, "s"), cost_per_hour=figure(1.0, "1")
    )


def light_windows(place_id: str) -> list[window_pb2.Window]:
    """Return full light but for the night, whose edges lie between whole seconds."""
    if place_id == "haven":
        return [light(place_id, 0, HORIZON_S)]
    dawn_s, dusk_s = NIGHT_S[1] - 0.4, NIGHT_S[0] + 0.4
    dark = window_pb2.Window(
        window_id=f"dark-{place_id}",
        kind=window_pb2.WINDOW_KIND_DARKNESS,
        place_id=place_id,
        interval=interval(dusk_s, dawn_s),
    )
    return [light(place_id, 0, dusk_s), dark, light(place_id, dawn_s, HORIZON_S)]


def light(place_id: str, start_s: float, end_s: float) -> window_pb2.Window:
    profile = window_pb2.Profile(quantity="sun_fraction", offset_s=[0.0, end_s - start_s], value=[1.0, 1.0])
    elevation = window_pb2.Profile(quantity="sun_elevation_deg", offset_s=[0.0, end_s - start_s], value=[0.5, 0.7])
    return window_pb2.Window(
        window_id=f"light-{place_id}-{start_s:g}",
        kind=window_pb2.WINDOW_KIND_ILLUMINATION,
        place_id=place_id,
        interval=interval(start_s, end_s),
        profiles=[profile, elevation],
    )


def earth_window(place_id: str) -> window_pb2.Window:
    return window_pb2.Window(
        window_id=f"earth-{place_id}",
        kind=window_pb2.WINDOW_KIND_EARTH_VISIBILITY,
        place_id=place_id,
        interval=interval(0, HORIZON_S),
    )


def contact_windows(place_id: str) -> list[window_pb2.Window]:
    """Return a track of eight hours a day by each station, the stations six hours apart."""
    found = []
    for index, station_id in enumerate(STATIONS):
        for day in range(7):
            start_s = day * 86_400 + index * 21_600
            end_s = min(start_s + TRACK_S, HORIZON_S)
            rate = window_pb2.Profile(quantity="rate_bps", offset_s=[0.0], value=[RATE_BPS])
            found.append(
                window_pb2.Window(
                    window_id=f"{station_id}-{place_id}-{day}",
                    kind=window_pb2.WINDOW_KIND_CONTACT,
                    place_id=place_id,
                    station_id=station_id,
                    interval=interval(start_s, end_s),
                    profiles=[rate],
                )
            )
    return found


def windows(place_ids: Iterable[str]) -> list[window_pb2.Window]:
    return [
        window
        for place_id in place_ids
        for window in (*light_windows(place_id), earth_window(place_id), *contact_windows(place_id))
    ]


def expanded(catalogue: catalogue_pb2.ImportCatalogueRequest) -> request_pb2.ExpandRequestsResponse:
    """Return the requests of a catalogue as single activities."""
    types = {item.activity_type_id: item for item in catalogue.activity_types}
    modes = {
        (instrument.instrument_id, mode.mode_id): mode
        for instrument in catalogue.instruments
        for mode in instrument.modes
    }
    response = request_pb2.ExpandRequestsResponse(content_hash="sha256:catalogue")
    for (instrument_id, mode_id), mode in modes.items():
        response.modes.add(
            instrument_id=instrument_id,
            mode_id=mode_id,
            power_w=mode.power_w.value,
            data_rate_bps=mode.data_rate_bps.value,
            resource_ids=[instrument_id],
        )
    for request in catalogue.requests:
        steps = types[request.activity_type_id].steps
        for repetition in range(request.repetition.count or 1):
            for index, step in enumerate(steps):
                used = [modes[use.instrument_id, use.mode_id] for use in step.instruments]
                response.activities.add(
                    activity_id=f"{request.request_id}/{repetition}/{step.step_id}",
                    request_id=request.request_id,
                    activity_type_id=request.activity_type_id,
                    chain_id=f"{request.request_id}/{repetition}" if len(steps) > 1 else "",
                    chain_index=index,
                    title=request.title,
                    agency_id=request.agency_id,
                    visibility=request.visibility,
                    asset_id="rover",
                    value=request.value if index == 0 else 0.0,
                    mandatory=request.mandatory,
                    duration_s=step.duration_s.value,
                    power_w=step.power_w.value + sum(mode.power_w.value for mode in used),
                    data_bit=step.data_bit.value
                    + step.duration_s.value * sum(mode.data_rate_bps.value for mode in used),
                    resource_ids=[*step.resources, *(use.instrument_id for use in step.instruments)],
                    place_ids=request.place_ids,
                    windows=request.windows,
                    conditions=step.conditions,
                    min_start_charge=step.min_start_charge.value,
                    max_wait_s=step.max_wait_s.value,
                    repetition_index=repetition,
                    item_versions=[
                        f"{name}@1"
                        for name in (request.activity_type_id, *(use.instrument_id for use in step.instruments))
                    ],
                )
        for relation in request.relations:
            response.relations.add(
                kind=relation.kind,
                request_id=request.request_id,
                other_request_id=relation.request_id,
                min_lag_s=relation.min_lag_s,
                max_lag_s=relation.max_lag_s,
            )
        if request.HasField("repetition"):
            response.repetitions.add(
                request_id=request.request_id,
                period_s=request.repetition.period_s,
                tolerance_s=request.repetition.tolerance_s,
            )
    return response
