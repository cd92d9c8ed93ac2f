"""Making a plan goes wrong or is cut off: it fails with its reason or is taken up again; nothing is half-made."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import hand_made_plan
import pytest
from malapert.operation.v1 import operation_pb2
from malapert.planner.v1 import mission_pb2, plan_pb2
from malapert_core.errors import (
    InvalidInputError,
    NotFoundError,
    PreconditionError,
)
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.services.jobs.job_messages import JOBS
from malapert_planner.services.making.generation import require_schedule
from malapert_testing.identities import identity_settings
from malapert_testing.nats_server import free_port
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from mission_documents import changed, load_mission
from neighbours import Neighbours
from planner_client import PlannerClient, client_of, run_planner

WEEK = load_mission("lupex-week")


@pytest.mark.asyncio
async def test_an_impossible_mandatory_request_fails_the_operation_and_names_it(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        await client.create(changed(WEEK, requests__9__mandatory=True))
        operation = await client.generate()
        page = await client.plans.ListPlans(plan_pb2.ListPlansRequest())
    assert operation.state == operation_pb2.OPERATION_STATE_FAILED
    assert operation.error_reason == "INFEASIBLE"
    assert "night-watch" in operation.error_message
    assert not page.plans


@pytest.mark.parametrize(
    ("status", "conflict", "reason", "named"),
    [
        (SolveStatus.UNKNOWN, (), "NO_PLAN_FOUND", "work limit of 2.5 s"),
        (SolveStatus.INFEASIBLE, ("dig", "drill"), "INFEASIBLE", "dig, drill .it was not proven in time"),
        (SolveStatus.INFEASIBLE, (), "INFEASIBLE", "even without requests"),
    ],
)
def test_no_schedule_is_said_with_its_reason(
    status: SolveStatus, conflict: tuple[str, ...], reason: str, named: str
) -> None:
    parameters = {"work_limit": "2.5", "wall_limit_s": "900.0", "wall_cut": "false"}
    with pytest.raises(PreconditionError, match=named) as caught:
        require_schedule(SolveResult(status, Schedule(), 0.0, 1.0, 2.5, parameters, conflict))
    assert caught.value.reason == reason


@pytest.mark.asyncio
async def test_no_landing_site_says_which_limit_refused(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    servicers.sites = []
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        await client.create()
        operation = await client.generate()
        with pytest.raises(InvalidInputError) as negative:
            await client.generate(work_limit_s=-1.0)
        with pytest.raises(NotFoundError) as unknown:
            await client.generate(mission_id="nothing")
    assert operation.error_reason == "NO_LANDING_SITE"
    assert "max_slope_deg refused 7" in operation.error_message
    assert negative.value.faults[0].path == "work_limit_s"
    assert unknown.value.reason == "UNKNOWN_MISSION"


@pytest.mark.asyncio
async def test_a_plan_that_the_validator_refuses_is_a_defect_and_never_stored(
    sqlite_service_runtime: ServiceLauncher,
    neighbours: tuple[Neighbours, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    _, target = neighbours
    monkeypatch.setitem(JOBS, "plan_job", hand_made_plan.refused_plan_job)
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        await client.create()
        operation = await client.generate()
        page = await client.plans.ListPlans(plan_pb2.ListPlansRequest())
    assert operation.error_reason == "PLAN_REFUSED_BY_VALIDATOR"
    assert not page.plans
    (defect,) = (tmp_path / "data" / "defects").iterdir()
    content = json.loads(defect.read_bytes())
    assert content["report"]["violations"]
    assert content["problem"]["problem_id"] == "lupex-week/1"


@pytest.mark.asyncio
async def test_a_solve_is_cancelled_and_its_process_ends(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        await client.create()
        begun = await client.plans.GeneratePlan(
            plan_pb2.GeneratePlanRequest(mission_id="lupex-week", work_limit_s=10_000.0)
        )
        await in_stage(client, begun.operation_id, "solve")
        # The planner answers while the solver works.
        assert (await client.missions.ListMissions(mission_pb2.ListMissionsRequest())).missions
        await client.operations.CancelOperation(operation_pb2.CancelOperationRequest(operation_id=begun.operation_id))
        operation = await client.ended(begun.operation_id)
        page = await client.plans.ListPlans(plan_pb2.ListPlansRequest())
    assert operation.state == operation_pb2.OPERATION_STATE_CANCELLED
    assert not page.plans


async def in_stage(client: PlannerClient, operation_id: str, stage: str) -> None:
    request = operation_pb2.WatchOperationRequest(operation_id=operation_id)
    async for answer in client.operations.WatchOperation(request):
        assert answer.operation.state in (
            operation_pb2.OPERATION_STATE_QUEUED,
            operation_pb2.OPERATION_STATE_RUNNING,
        ), answer.operation
        if stage in [item.name for item in answer.operation.stages]:
            return


@pytest.mark.asyncio
async def test_work_of_a_planner_that_stops_in_order_is_taken_up_again(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
        await client.create()
        begun = await client.plans.GeneratePlan(plan_pb2.GeneratePlanRequest(mission_id="lupex-week", work_limit_s=1.0))
        await in_stage(client, begun.operation_id, "solve")
    await check_taken_up(sqlite_service_runtime, target, begun.operation_id)


@pytest.mark.asyncio
async def test_work_of_a_planner_killed_in_the_solve_is_taken_up_again(
    service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    async with planner_process(service_runtime, target) as (process, address), client_of(address) as client:
        await client.create()
        request = plan_pb2.GeneratePlanRequest(mission_id="lupex-week", work_limit_s=1.0)
        begun = await client.plans.GeneratePlan(request)
        await in_stage(client, begun.operation_id, "solve")
        process.kill()
        await process.wait()
        # The worker holds the pipe's other end: its process ends when the planner's does.
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.read(), 20) == b""
    await check_taken_up(service_runtime, target, begun.operation_id)


async def check_taken_up(launcher: ServiceLauncher, target: str, operation_id: str) -> None:
    async with run_planner(launcher, target) as service, client_of(service.target) as client:
        operation = await asyncio.wait_for(client.ended(operation_id), 60)
        page = await client.plans.ListPlans(plan_pb2.ListPlansRequest())
    assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED
    assert [plan.plan_id for plan in page.plans] == [operation.result_id]


@asynccontextmanager
async def planner_process(
    launcher: ServiceLauncher, target: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run the planner's own command in a process that can be killed."""
    port = free_port()
    settings = {
        "nats_url": launcher.nats_url,
        "database_url": launcher.database_url,
        "data_dir": launcher.data_dir,
        **identity_settings(launcher.data_dir, "planner"),
        "auto_migrate": True,
        "grpc_port": port,
        **dict.fromkeys(("landing_site_target", "comms_window_target", "payload_target"), target),
    }
    environment = {f"MALAPERT_PLANNER_{name.upper()}": str(value) for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "malapert_planner",
        "serve",
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with open_test_channel(f"127.0.0.1:{port}", identity_of("JAXA"), service_name="planner") as channel:
            await asyncio.wait_for(channel.channel_ready(), 30)
        yield process, f"127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
