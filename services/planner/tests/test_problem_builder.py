import json
from dataclasses import replace

import neighbour_data as data
import pytest
from malapert.comms_window.v1 import contact_pb2, window_pb2
from malapert.landing_site.v1 import route_pb2
from malapert.payload.v1 import request_pb2, resource_pb2
from malapert_planner.domain.problem.activities import RelationKind
from malapert_planner.domain.problem.check import check_problem
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.hashing import problem_hash
from malapert_planner.domain.problem.resources import CumulativeResource, LimitUse, Reservoir, ReservoirUse
from malapert_planner.mission_document import MissionDocument, read_document
from malapert_planner.services.making.problem_builder import build_problem, with_demand
from malapert_planner.services.making.problem_file import pack_problem, unpack_problem
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.requests_out.catalogue import catalogue_request
from mission_documents import EPHEMERIS_SPAN, load_mission


def week() -> MissionDocument:
    document, faults = read_document(json.dumps(load_mission("lupex-week")).encode(), EPHEMERIS_SPAN)
    assert document is not None
    assert faults == []
    return document


@pytest.fixture
def inputs() -> ProblemInputs:
    document = week()
    definitions = [route_pb2.WaypointDefinition(waypoint_id=item.id, title=item.title) for item in document.waypoints]
    return ProblemInputs(
        mission_id="lupex-week",
        mission_version=1,
        document=document,
        waypoints=[data.waypoint(definition) for definition in definitions],
        routes=data.routes(data.PLACES),
        stations={name: data.station(name) for name in data.STATIONS},
        windows=data.windows(data.PLACES),
        requests=data.expanded(catalogue_request(document, 1, validate_only=True)),
        bookings=[],
    )


def booking(station_id: str, start_s: float, end_s: float) -> contact_pb2.Contact:
    return contact_pb2.Contact(contact_id="other", station_id=station_id, occupied=data.interval(start_s, end_s))


def test_the_problem_is_well_formed_and_says_what_the_inputs_say(inputs: ProblemInputs) -> None:
    problem = build_problem(inputs)
    assert check_problem(problem) == ()
    assert (problem.start_time, problem.horizon_s, problem.resolution_s) == (data.START, data.HORIZON_S, 3600)
    assert [place.place_id for place in problem.places] == list(data.PLACES)
    # 6 kWh with a floor of 15 %, 90 % at the start; 500 MB of storage.
    assert (problem.battery.capacity_wh, problem.battery.floor_wh, problem.battery.start_wh) == (6000, 900, 5400)
    assert problem.storage.capacity_bit == 4e9
    # 10 requests, of which two are chains of four steps and one is asked for twice.
    assert len(problem.activities) == 17
    drill = next(item for item in problem.activities if item.activity_id == "sample-lander/0/drill")
    assert (drill.duration_s, drill.power_w, drill.min_start_charge_wh) == (10_800, 120.0, 3600.0)
    heat = next(item for item in problem.activities if item.activity_id == "sample-lander/0/heat")
    assert (heat.power_w, heat.resource_ids, heat.chain_index) == (110.0, ("ltga",), 2)
    (relation,) = problem.relations
    assert (relation.kind, relation.request_id, relation.min_lag_s) == (RelationKind.AFTER, "sample-lander", 7200)


def test_conditions_shrink_inward_to_whole_seconds(inputs: ProblemInputs) -> None:
    lander = build_problem(inputs).places[0]
    night_s = data.NIGHT_S
    assert lander.windows[ConditionKind.DARKNESS] == ((night_s[0] + 1, night_s[1] - 1),)
    lit = ((0, night_s[0]), (night_s[1], data.HORIZON_S))
    assert lander.windows[ConditionKind.ILLUMINATION] == lit


def test_what_must_be_absent_grows_outward_to_whole_seconds(inputs: ProblemInputs) -> None:
    activity = inputs.requests.activities[0]
    for kind in ("ILLUMINATION", "CONTACT"):
        activity.conditions.add(kind=request_pb2.ConditionKind.Value(f"CONDITION_KIND_{kind}"), outside=True)
    problem = build_problem(inputs)
    assert check_problem(problem) == ()
    lander, (dusk_s, dawn_s) = problem.places[0], data.NIGHT_S
    # Light ends and begins within a second: it is taken for gone only after it, as darkness is.
    assert lander.windows[ConditionKind.NO_ILLUMINATION] == ((dusk_s + 1, dawn_s - 1),)
    assert ConditionKind.NO_DARKNESS not in lander.windows
    kinds = [condition.kind for condition in problem.activities[0].conditions]
    assert kinds[-2:] == [ConditionKind.NO_ILLUMINATION, ConditionKind.SILENCE]
    again = with_demand(problem, inputs.document, request_pb2.ExpandRequestsResponse(), inputs.windows)
    assert ConditionKind.NO_ILLUMINATION not in again.places[0].windows


def test_products_reach_the_problem_with_their_limits(inputs: ProblemInputs) -> None:
    draft = inputs.requests.activities[0]
    draft.products.add(product_id="map", data_bit=draft.data_bit / 2, priority=2, max_latency_s=0.25)
    draft.products.add(product_id="rest", data_bit=draft.data_bit / 2)
    (activity,) = (a for a in build_problem(inputs).activities if a.activity_id == draft.activity_id)
    # A limit shorter than a second is a limit all the same.
    assert [(p.product_id, p.priority, p.max_latency_s) for p in activity.products[-2:]] == [
        ("map", 2, 1),
        ("rest", 0, 0),
    ]


def test_generation_is_the_array_times_the_disc_and_zero_in_the_dark(inputs: ProblemInputs) -> None:
    lander, haven, _ = build_problem(inputs).places
    assert haven.generation.power_w == (400.0, 400.0)
    dusk_s, dawn_s = data.NIGHT_S
    samples = dict(zip(lander.generation.offset_s, lander.generation.power_w, strict=True))
    assert samples[0] == samples[dawn_s] == 400.0
    assert samples[dusk_s] == samples[dawn_s - 1] == 0.0


def test_a_drive_carries_the_instruments_that_run_in_it(inputs: ProblemInputs) -> None:
    problem = build_problem(inputs)
    assert len(problem.drives) == 6
    drive = problem.drives[0]
    # 75 W of the wheels and 1.6 W of the neutron spectrometer, which makes 2 kbit/s over 6000 s.
    assert drive.power_w == pytest.approx(76.6)
    assert drive.data_bit == pytest.approx(12e6)
    assert problem.drive_rule.resource_ids == ("mobility", "ns")
    assert problem.drive_rule.conditions == (Condition(ConditionKind.ILLUMINATION), Condition(ConditionKind.CONTACT))


def test_dark_places_reach_the_drive_rule(inputs: ProblemInputs) -> None:
    rule = inputs.document.drive_rule.model_copy(update={"dark_places": ["haven"]})
    document = inputs.document.model_copy(update={"drive_rule": rule})
    problem = build_problem(replace(inputs, document=document))
    assert problem.drive_rule.dark_place_ids == ("haven",)
    assert check_problem(problem) == ()
    assert problem_hash(problem) != problem_hash(build_problem(inputs))


def test_a_closed_route_keeps_its_reason(inputs: ProblemInputs) -> None:
    closed = route_pb2.Route(from_waypoint_id="lander", to_waypoint_id="haven", closed_because="slope of 31 deg")
    problem = build_problem(replace(inputs, routes=[closed]))
    assert problem.drives[0].closed_because == "slope of 31 deg"
    assert check_problem(problem) == ()


def test_a_booking_of_another_cuts_the_window_with_set_up_and_teardown(inputs: ProblemInputs) -> None:
    name = data.STATIONS[0]
    # Taken from 3 h to 4 h: our own teardown of 900 s must end before, our set-up of 1800 s begin after.
    problem = build_problem(replace(inputs, bookings=[booking(name, 3 * 3600 + 0.5, 4 * 3600 - 0.5)]))
    parts = [window for window in problem.contact_windows if window.window_id.startswith(f"{name}-lander-0#")]
    assert [part.span for part in parts] == [(0, 3 * 3600 - 900), (4 * 3600 + 1800, data.TRACK_S)]
    whole = [window for window in problem.contact_windows if window.window_id == f"{name}-lander-1"]
    assert whole[0].span == (86_400, 86_400 + data.TRACK_S)


def test_a_part_shorter_than_the_shortest_contact_is_left_out(inputs: ProblemInputs) -> None:
    name = data.STATIONS[0]
    problem = build_problem(replace(inputs, bookings=[booking(name, 2000, data.TRACK_S)]))
    assert not [window for window in problem.contact_windows if window.window_id.startswith(f"{name}-lander-0")]


def test_a_rise_of_the_rate_is_taken_late_and_a_fall_early(inputs: ProblemInputs) -> None:
    window = data.contact_windows("lander")[0]
    rate = window_pb2.Profile(quantity="rate_bps", offset_s=[0.0, 100.5, 200.5], value=[64.0, 256.0, 16.0])
    del window.profiles[:]
    window.profiles.append(rate)
    problem = build_problem(replace(inputs, windows=[window]))
    series = problem.contact_windows[0].rate
    assert (series.offset_s, series.rate_bps) == ((0, 101, 200), (64.0, 256.0, 16.0))


def test_a_window_too_short_for_a_second_does_not_mean_the_whole_horizon(inputs: ProblemInputs) -> None:
    inputs.requests.activities[0].windows.append(data.interval(10.2, 10.8))
    assert build_problem(inputs).activities[0].windows == ((0, 1),)


def test_the_same_inputs_give_the_same_problem_whatever_their_order(inputs: ProblemInputs) -> None:
    turned = replace(inputs, windows=list(reversed(inputs.windows)), routes=list(reversed(inputs.routes)))
    assert problem_hash(build_problem(turned)) == problem_hash(build_problem(inputs))


def test_a_packed_problem_comes_back_as_it_was(inputs: ProblemInputs) -> None:
    problem = build_problem(inputs)
    again = unpack_problem(pack_problem(problem))
    assert again == problem
    assert problem_hash(again) == problem_hash(problem)


def test_what_is_shared_reaches_the_problem_and_comes_back_from_its_file(inputs: ProblemInputs) -> None:
    demand = request_pb2.ExpandRequestsResponse()
    demand.CopyFrom(inputs.requests)
    crew = demand.resources.add(resource_id="crew", title="Crew", capacity=3.0, unit="1")
    crew.kind = resource_pb2.RESOURCE_KIND_CUMULATIVE
    demand.activities[0].uses.add(resource_id="crew", amount=2.0, effect=resource_pb2.RESOURCE_EFFECT_HOLD)
    tank = demand.resources.add(resource_id="tank", title="Tank", capacity=9.0, start=2.0, unit="kg")
    tank.kind = resource_pb2.RESOURCE_KIND_RESERVOIR
    demand.activities[1].uses.add(resource_id="tank", amount=4.0, effect=resource_pb2.RESOURCE_EFFECT_PRODUCE)
    demand.activities[1].uses.add(resource_id="tank", amount=1.0, effect=resource_pb2.RESOURCE_EFFECT_CONSUME)
    problem = build_problem(replace(inputs, requests=demand))
    flow = ReservoirUse(demand.activities[1].activity_id, consumed=1.0, produced=4.0)
    assert problem.reservoirs == (Reservoir("tank", "Tank", 9.0, 2.0, "kg", (flow,)),)
    use = LimitUse(demand.activities[0].activity_id, 2.0)
    assert problem.cumulative_resources == (CumulativeResource("crew", "Crew", 3.0, "1", (use,)),)
    assert check_problem(problem) == ()
    assert unpack_problem(pack_problem(problem)) == problem
