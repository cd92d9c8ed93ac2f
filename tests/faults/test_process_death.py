"""Processes die at bad moments: nothing is lost, nothing is done twice, nothing is half-written."""

import asyncio
import copy
import json
import os
import shutil
import signal
from collections import Counter
from pathlib import Path

import nats
import pytest
from malapert.payload.v1 import event_pb2
from malapert_cli.mission_file import load_mission
from malapert_cli.plan import make_plan
from malapert_core.events.rights import client_name
from malapert_testing.platform import running_platform

MISSION = Path(__file__).parents[2] / "missions" / "lupex-week.yaml"
TERMINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


@pytest.fixture(scope="module")
def own_platform(tmp_path_factory):
    """A platform whose processes this module kills."""
    with running_platform(tmp_path_factory.mktemp("own-platform") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def undisturbed(own_platform):
    with own_platform.api() as api:
        return make_plan(api, MISSION, [], seed=1, work_limit_s=0.0)


def begin(api, undisturbed, seed, **wish):
    mission = {name: undisturbed[name] for name in ("mission_id", "mission_version")}
    body = {**mission, "seed": seed, **wish}
    return api.post("/plans", body)["operation_id"]


def test_a_planner_killed_in_the_middle_of_a_solve_resumes(own_platform, undisturbed):
    with own_platform.api() as api:
        plans_before = len(api.get("/plans", page_size=200)["plans"])
        operation_id = begin(api, undisturbed, seed=1)
        for operation in api.watch(operation_id):
            assert operation.state not in TERMINAL, "ended before it could be disturbed"
            if any(stage.name == "solve" for stage in operation.stages):
                break
        own_platform.kill("planner")
        own_platform.wait_ready()
        *_, last = api.watch(operation_id)
        assert (last.state, last.attempt) == ("SUCCEEDED", 2), last
        plan = api.get(f"/plans/{last.result_id}")
        assert plan["content_hash"] == undisturbed["content_hash"]
        assert len(api.get("/plans", page_size=200)["plans"]) == plans_before + 1


def test_a_plan_outlasts_neighbours_that_are_away_and_a_broker_that_lost_its_files(own_platform, undisturbed):
    with own_platform.api() as api:
        for name in ("landing_site", "comms_window", "payload"):
            os.kill(own_platform.process_id(name), signal.SIGTERM)
        operation_id = begin(api, undisturbed, seed=5, work_limit_s=2.0)
        told, is_wiped = set(), False
        for operation in api.watch(operation_id):
            told |= {stage.detail for stage in operation.stages}
            if not is_wiped and any(stage.name in ("queue", "solve") for stage in operation.stages):
                stored = own_platform.data_dir / "nats" / "jetstream"
                while stored.exists():  # the broker writes into it meanwhile
                    shutil.rmtree(stored, ignore_errors=True)
                own_platform.kill("nats")
                is_wiped = True
        assert (operation.state, operation.attempt) == ("SUCCEEDED", 1), operation
        assert is_wiped
        assert any(detail.startswith("waiting for ") for detail in told), told
        own_platform.wait_ready()


def test_products_go_on_where_a_killed_service_left_them(own_platform, undisturbed):
    site = undisturbed["site"]
    body = {
        "terrain_stack_id": site["terrain_stack_id"],
        "center": site["point"],
        "size_m": 46_080.0,  # four blocks, the last two of which leave time for a death
        "pixel_size_m": 60.0,
        "layers": ["PERMANENT_SHADOW"],
        "height_m": 2.0,
    }
    with own_platform.api() as api:
        operation_id = api.post("/product-sets", body)["operation_id"]
        for operation in api.watch(operation_id):
            assert operation.state not in TERMINAL, "ended before it could be disturbed"
            stages = operation.stages
            if stages and stages[-1].name == "blocks" and stages[-1].fraction > 0.3:
                break
        stored = {path: path.stat().st_mtime_ns for path in own_platform.data_dir.rglob("horizons/*.zarr/block-*")}
        assert stored, "no block was stored before the process died"
        own_platform.kill("landing_site")
        own_platform.wait_ready()
        *_, last = api.watch(operation_id)
        assert (last.state, last.attempt) == ("SUCCEEDED", 2), last
        found = api.get(f"/product-sets/{last.result_id}")
        assert [file["layer"] for file in found["files"]] == ["PERMANENT_SHADOW"]
        assert found["files"][0]["known_fraction"] == 1.0
    assert {path: path.stat().st_mtime_ns for path in stored} == stored  # what was there was not made again
    assert not list(own_platform.data_dir.rglob(".part-*"))


def test_a_cancelled_plan_leaves_nothing(own_platform, undisturbed):
    with own_platform.api() as api:
        plans_before = len(api.get("/plans", page_size=200)["plans"])
        operation_id = begin(api, undisturbed, seed=3)
        for operation in api.watch(operation_id):
            if any(stage.name == "solve" for stage in operation.stages):
                break
        api.post(f"/operations/{operation_id}:cancel")
        *_, last = api.watch(operation_id)
        assert last.state == "CANCELLED"
        assert len(api.get("/plans", page_size=200)["plans"]) == plans_before


def new_request(number):
    return {
        "request_id": f"flow-{number}",
        "title": f"Survey {number}",
        "activity_type_id": "site-survey",
        "agency_id": "JAXA",
        "value": 1.0,
        "mandatory": False,
        "place_ids": ["lander"],
        "visibility": "MISSION",
    }


async def submitted_events(data_dir):
    """Read every request.submitted event that the broker holds."""
    configuration = json.loads((data_dir / "nats.conf").read_text())
    user = next(each for each in configuration["authorization"]["users"] if each["user"] == "gateway")
    url = f"nats://{user['user']}:{user['password']}@127.0.0.1:{configuration['port']}"
    inbox = f"_INBOX.{client_name('gateway')}".encode()
    connection = await nats.connect(url, connect_timeout=5, max_reconnect_attempts=5, inbox_prefix=inbox)
    try:
        stream = connection.jetstream()
        wanted = "malapert.payload.v1.request.submitted"
        subscription = await stream.subscribe(wanted, stream="MALAPERT_PAYLOAD", ordered_consumer=True)
        events: list[str] = []
        while True:
            try:
                message = await subscription.next_msg(timeout=2)
            except nats.errors.TimeoutError:
                return events
            events.append(event_pb2.RequestSubmitted.FromString(message.data).request.request_id)
    finally:
        await connection.close()


def test_a_broker_that_dies_loses_and_repeats_no_event(own_platform):
    count = 24
    mission = copy.deepcopy(load_mission(MISSION))
    mission["mission"]["id"] = "flow"  # of its own: the requests change what others would plan
    with own_platform.api() as api:
        api.post("/missions", mission)
    with own_platform.api("JAXA", "REQUESTER") as api:
        for number in range(count):
            if number in (count // 3, 2 * count // 3):
                own_platform.kill("nats")
            api.post("/missions/flow/requests", {"requests": [new_request(number)]})
    own_platform.wait_ready()

    async def all_arrived():
        for _ in range(30):
            seen = Counter(name for name in await submitted_events(own_platform.data_dir) if name.startswith("flow-"))
            if len(seen) == count:
                return seen
        return seen

    assert asyncio.run(all_arrived()) == Counter({f"flow-{number}": 1 for number in range(count)})
