"""Conditions on links: when they hold, what a pass gives, and what a mission must say for them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from malapert.comms_window.v1 import contact_pb2, outage_pb2, window_pb2
from malapert.payload.v1 import request_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.mission_document import read_document
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.services.making.placeless import placeless_frame
from malapert_planner.services.making.problem_builder import with_demand
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.requests_out.link_requests import add_links
from malapert_planner.services.requests_out.service_requests import windows_without_terrain
from malapert_planner.solvers.solve import solve
from mission_documents import EPHEMERIS_SPAN, changed, load_mission

KEYS, RELAYS = "qkd-network", "relay-week"


def document_of(name: str, **changes: Any) -> MissionDocument:
    document, faults = read_document(changed(load_mission(name), **changes), EPHEMERIS_SPAN)
    assert faults == []
    assert document is not None
    return document


def window(
    document: MissionDocument,
    kind: str,
    start_s: float,
    end_s: float,
    profile: Iterable[tuple[float, float]] = (),
    **ends: str,
) -> window_pb2.Window:
    """A window from one second of the horizon to another, with a profile of its rate by seconds after its start."""
    start = document.horizon.start
    edges = [to_timestamp(start + timedelta(seconds=offset_s)) for offset_s in (start_s, end_s)]
    found = window_pb2.Window(
        window_id=f"{kind}-{start_s}",
        kind=window_pb2.WindowKind.Value(f"WINDOW_KIND_{kind}"),
        interval=type_pb2.Interval(start_time=edges[0], end_time=edges[1]),
        **ends,
    )
    pairs = list(profile)
    if pairs:
        name = "expected_key_rate_bps" if kind == "KEY_LINK" else "rate_bps"
        found.profiles.add(quantity=name, offset_s=[at for at, _ in pairs], value=[value for _, value in pairs])
    return found


def problem_of(
    document: MissionDocument,
    demand: request_pb2.ExpandRequestsResponse,
    windows: list[window_pb2.Window],
    bookings: tuple[contact_pb2.Contact, ...] = (),
    outages: tuple[outage_pb2.Outage, ...] = (),
) -> PlanningProblem:
    station_ids = [*(each.station_id for each in bookings), *(each.station_id for each in outages)]
    closed = {station_id: window_pb2.Station(station_id=station_id) for station_id in station_ids}
    nothing = request_pb2.ExpandRequestsResponse()
    frame = placeless_frame(
        ProblemInputs(document.mission.id, 1, document, (), (), closed, (), nothing, bookings, outages)
    )
    problem = with_demand(frame, document, demand, windows)
    assert check_problem(problem) == ()
    return problem


def demand_of(kind: str, duration_s: float, per_bit: float, **condition: Any) -> request_pb2.ExpandRequestsResponse:
    asked = request_pb2.Condition(kind=request_pb2.ConditionKind.Value(f"CONDITION_KIND_{kind}"), **condition)
    use = request_pb2.ActivityUse(resource_id="store", effect="RESOURCE_EFFECT_PRODUCE", amount_per_link_bit=per_bit)
    draft = request_pb2.ActivityDraft(
        activity_id="pass/0/share",
        request_id="pass",
        title="Pass",
        agency_id="ISRO",
        value=5.0,
        duration_s=duration_s,
        conditions=[asked],
        uses=[use] if per_bit else [],
    )
    resource = request_pb2.ActivityResource(
        resource_id="store", title="Store", kind="RESOURCE_KIND_RESERVOIR", capacity=1e9, unit="kbit"
    )
    return request_pb2.ExpandRequestsResponse(activities=[draft], resources=[resource])


def test_a_pass_gives_the_integral_of_its_rate() -> None:
    document = document_of(KEYS)
    ends = {"station_id": "qkd-network.ogs-hanle", "orbiter_id": "qkd-network.key-satellite"}
    # It rises from 0 to 2 kbit/s within 300 s and falls again: the middle 240 s give 240 (2000 − 400) bit, those that
    # begin 30 s sooner or later 6 kbit less, all of one stretch.
    rise = window(document, "KEY_LINK", 1200.0, 1800.0, [(0.0, 0.0), (300.0, 2000.0), (600.0, 0.0)], **ends)
    other = window(document, "KEY_LINK", 9000.0, 9600.0, [(0.0, 900.0), (600.0, 900.0)], **ends)
    foreign = window(
        document,
        "KEY_LINK",
        5000.0,
        5600.0,
        [(0.0, 9e9), (600.0, 9e9)],
        station_id="esa-mlg",
        orbiter_id=ends["orbiter_id"],
    )
    demand = demand_of("KEY_LINK", 240.0, 0.001, station_ids=["ogs-hanle"], orbiter_ids=["key-satellite"])
    problem = problem_of(document, demand, [rise, other, foreign])
    amounts = {use.activity_id: use.produced for use in problem.reservoirs[0].uses}
    spans = {activity.activity_id: activity.windows for activity in problem.activities}
    best = "pass/0@20290116T002230Z/share"
    assert amounts[best] == pytest.approx(240 * 1.6 - 6)
    assert spans[best] == ((1350, 1650),)
    # All starts of a steady pass are one stretch.
    assert amounts["pass/0@20290116T023000Z/share"] == pytest.approx(240 * 0.9)
    assert spans["pass/0@20290116T023000Z/share"] == ((9000, 9600),)
    assert {activity.mode_id.partition("@")[0] for activity in problem.activities} == {""}
    assert all(span[0] < 5000 or span[0] >= 9000 for windows in spans.values() for span in windows)
    result = solve(problem, work_limit=2.0)
    assert result.status is SolveStatus.OPTIMAL
    assert len(result.schedule.activities) == 1


HANLE = {"station_id": "qkd-network.ogs-hanle", "orbiter_id": "qkd-network.key-satellite"}


def booking(document: MissionDocument, start_s: float, end_s: float, **changes: str) -> contact_pb2.Contact:
    span = window(document, "CONTACT", start_s, end_s).interval
    names = {"contact_id": "c-1", "station_id": HANLE["station_id"], "mission_id": "other", **changes}
    return contact_pb2.Contact(occupied=span, **names)


def outage(document: MissionDocument, start_s: float, end_s: float, station_id: str) -> outage_pb2.Outage:
    span = window(document, "CONTACT", start_s, end_s).interval
    return outage_pb2.Outage(outage_id="o-1", station_id=station_id, interval=span, kind=outage_pb2.OUTAGE_KIND_FAILURE)


def test_a_pass_is_none_while_its_station_is_out_or_taken_by_others() -> None:
    document = document_of(KEYS)
    passing = window(document, "KEY_LINK", 9000.0, 9600.0, [(0.0, 900.0), (600.0, 900.0)], **HANLE)
    demand = demand_of("KEY_LINK", 120.0, 0.0, station_ids=["ogs-hanle"], orbiter_ids=["key-satellite"])

    def spans(*bookings: contact_pb2.Contact, outages: tuple[outage_pb2.Outage, ...] = ()) -> object:
        return problem_of(document, demand, [passing], bookings, outages).activities[0].windows

    assert spans() == ((9000, 9600),)
    assert spans(booking(document, 9100.5, 9200.5)) == ((9000, 9100), (9201, 9600))
    out = outage(document, 9300.0, 99999.0, HANLE["station_id"])
    assert spans(booking(document, 8000.0, 9100.0), outages=(out,)) == ((9100, 9300),)
    # Of another antenna, or the mission's own booking of the pass, made by hand.
    assert spans(booking(document, 9100.0, 9200.0, station_id="esa-mlg")) == ((9000, 9600),)
    assert spans(booking(document, 9100.0, 9200.0, mission_id=document.mission.id)) == ((9000, 9600),)
    # Nothing is left: a span too short for anything.
    assert spans(booking(document, 0.0, 99999.0)) == ((0, 1),)


def test_what_a_pass_gives_is_given_while_its_own_station_is_free() -> None:
    document = document_of(KEYS)
    other = {**HANLE, "station_id": "qkd-network.ogs-other"}
    profile = [(0.0, 900.0), (600.0, 900.0)]
    passes = [window(document, "KEY_LINK", 9000.0, 9600.0, profile, **ends) for ends in (HANLE, other)]
    demand = demand_of("KEY_LINK", 120.0, 0.001, station_ids=["ogs-hanle"], orbiter_ids=["key-satellite"])
    out = outage(document, 9000.0, 9300.0, HANLE["station_id"])
    problem = problem_of(document, demand, passes, (), (out,))
    assert [activity.windows for activity in problem.activities] == [((9300, 9600),)]
    assert [use.produced for use in problem.reservoirs[0].uses] == [pytest.approx(120 * 0.9)]
    assert [(each.subject_id, each.span) for each in problem.closed_spans] == [("o-1", (9000, 9300))]


def test_a_relay_takes_what_each_rate_lets_through() -> None:
    document = document_of(RELAYS)
    ends = {"place_id": "base", "orbiter_id": "relay-week.relay"}
    steps = [(0.0, 0.0), (600.0, 64e3), (4200.0, 256e3), (7800.0, 256e3)]
    passing = window(document, "RELAY_CONTACT", 0.0, 7800.0, steps, **ends)
    demand = demand_of("RELAY_CONTACT", 2400.0, 0.001, orbiter_ids=["relay"])
    problem = problem_of(document, demand, [passing])
    amounts = sorted(use.produced for use in problem.reservoirs[0].uses)
    assert amounts[-1] == pytest.approx(2400 * 256 * 0.97, rel=0.03)
    assert all(activity.windows[0][0] >= 600 for activity in problem.activities)


@pytest.mark.parametrize("outside", [False, True])
def test_a_link_without_a_rate_is_none(outside: bool) -> None:
    document = document_of(RELAYS)
    ends = {"place_id": "base", "orbiter_id": "relay-week.relay"}
    passing = window(document, "RELAY_CONTACT", 100.5, 7800.0, [(0.0, 0.0), (600.0, 64e3)], **ends)
    (activity,) = problem_of(document, demand_of("RELAY_CONTACT", 600.0, 0.0, outside=outside), [passing]).activities
    horizon_s = round(document.horizon.duration.amount)
    assert activity.windows == (((0, 100), (7800, horizon_s)) if outside else ((701, 7800),))


def test_without_a_terrain_light_and_contacts_hold_where_they_do_at_a_place() -> None:
    document = document_of(RELAYS)
    lit = window(document, "ILLUMINATION", 0.0, 5000.0, place_id="base")
    tracked = window(document, "CONTACT", 1000.0, 9000.0, [(0.0, 1e3)], place_id="base", station_id="esa-mlg")
    demand = demand_of("CONTACT", 600.0, 0.0)
    demand.activities[0].conditions.add(kind=request_pb2.CONDITION_KIND_ILLUMINATION)
    (activity,) = problem_of(document, demand, [lit, tracked]).activities
    assert activity.windows == ((1000, 5000),)
    assert activity.conditions == ()


LASER = {
    "source": "modelling assumption",
    "confidence": "A",
    "telescope": "0.4 m",
    "max_sun_elevation": "-6 deg",
    "min_elevation": "15 deg",
    "min_moon_separation": "5 deg",
}
GROUND = {
    "id": "ogs",
    "kind": "optical_station",
    "name": "Optical station",
    "agency": "JAXA",
    "site": {"latitude": "35 deg", "longitude": "139 deg", "height": "100 m", "source": "made up", "confidence": "A"},
}


def with_lasers(*numbers: int) -> MissionDocument:
    """The relay's mission with a station on the Earth, and lasers on the base (0), the relay (1) or both."""
    assets = [dict(asset) for asset in load_mission(RELAYS)["assets"]]
    for number in numbers:
        assets[number]["laser"] = LASER
    return document_of(RELAYS, assets=[*assets, GROUND])


def test_a_pass_of_light_holds_by_the_time_alone() -> None:
    document = with_lasers(1)
    ends = {"station_id": "relay-week.ogs", "orbiter_id": "relay-week.relay"}
    windows = [window(document, "OPTICAL_LINK", at, at + 900.0, **ends) for at in (1000.5, 9000.0)]
    windows.append(window(document, "OPTICAL_LINK", 20000.0, 21000.0, **{**ends, "orbiter_id": "another"}))
    (activity,) = problem_of(document, demand_of("OPTICAL_LINK", 600.0, 0.0), windows).activities
    assert activity.windows == ((1001, 1900), (9000, 9900))
    assert activity.conditions == ()


@pytest.mark.parametrize(
    ("orbiter_ids", "expected"), [([], ((3000, 3900), (7000, 7900))), (["relay"], ((7000, 7900),))]
)
def test_light_is_from_a_place_unless_an_orbiter_is_named(orbiter_ids: list[str], expected: Any) -> None:
    document = with_lasers(0, 1)
    here = window(document, "OPTICAL_LINK", 3000.0, 3900.0, place_id="base", station_id="relay-week.ogs")
    above = window(document, "OPTICAL_LINK", 7000.0, 7900.0, station_id="relay-week.ogs", orbiter_id="relay-week.relay")
    elsewhere = window(document, "OPTICAL_LINK", 5000.0, 5900.0, place_id="another", station_id="relay-week.ogs")
    demand = demand_of("OPTICAL_LINK", 600.0, 0.0, orbiter_ids=orbiter_ids)
    (activity,) = problem_of(document, demand, [here, above, elsewhere]).activities
    assert activity.windows == expected


def test_links_of_light_are_asked_for() -> None:
    request = windows_without_terrain(with_lasers(0, 1))
    assert request is not None
    assert request.optical.max_sun_elevation_deg == -6.0
    (link,) = request.optical_links
    assert (link.orbiter_id, link.rules.min_elevation_deg, link.needs_shadow) == ("relay-week.relay", 15.0, False)
    (station,) = request.own_stations
    assert (station.station_id, station.dish_m) == ("relay-week.ogs", 0.4)


def test_a_mission_s_links_are_asked_for() -> None:
    keys = windows_without_terrain(document_of(KEYS))
    assert keys is not None
    (link,) = keys.key_links
    assert (link.orbiter_id, link.pulse_rate_hz, link.beam_divergence_rad) == (
        "qkd-network.key-satellite",
        1e8,
        pytest.approx(1e-5),
    )
    assert link.clear_sky["qkd-network.ogs-hanle"] == 0.6
    assert [station.station_id for station in keys.own_stations] == [
        f"qkd-network.ogs-{name}" for name in ("hanle", "ahmedabad", "koganei", "oberpfaffenhofen")
    ]
    relays = windows_without_terrain(document_of(RELAYS))
    assert relays is not None
    (relay,) = relays.relays
    assert (relay.uplink.band, relay.downlink.band, relay.orbiter_g_over_t_db_k) == ("S", "X", -7.0)
    assert relays.on_sphere
    assert relays.places[0].point.elevation_m == 1200.0
    nothing = window_pb2.ComputeWindowsRequest()
    add_links(document_of("ait-campaign"), nothing)
    assert nothing == window_pb2.ComputeWindowsRequest()


FAULTS = [
    (RELAYS, {"assets__1__receiver": None}, "activity_types[1].steps[0].conditions[0]", "MISSING_FIGURES"),
    (RELAYS, {"waypoints__0__fixed": None}, "activity_types[1].steps[0].conditions[0]", "MISSING_FIGURES"),
    (
        RELAYS,
        {"assets__0__receiver": {"g_over_t": "1 dB/K", "min_elevation": "5 deg"}},
        "assets[0].receiver",
        "WRONG_KIND",
    ),
    (RELAYS, {"assets__0__clear_sky": "50 %"}, "assets[0].clear_sky", "WRONG_KIND"),
    (KEYS, {"assets__1__laser": LASER}, "assets[1].laser", "WRONG_KIND"),
    (RELAYS, {"assets__0__laser": {**LASER, "needs_shadow": True}}, "assets[0].laser.needs_shadow", "WRONG_KIND"),
    (
        KEYS,
        {"activity_types__0__steps__0__conditions__0__kind": "optical_link", "assets__0__laser": None},
        "activity_types[0].steps[0].conditions[0]",
        "MISSING_FIGURES",
    ),
    (KEYS, {"assets__0__key_source": None}, "activity_types[0].steps[0].conditions[0]", "MISSING_FIGURES"),
]


@pytest.mark.parametrize(("name", "changes", "path", "code"), FAULTS)
def test_what_a_link_lacks_is_told(name: str, changes: dict[str, Any], path: str, code: str) -> None:
    _, faults = read_document(changed(load_mission(name), **changes), EPHEMERIS_SPAN)
    assert (path, code) in [(fault.path, fault.code) for fault in faults]
