"""Workers of their own take the planner's jobs: more of them is more at once, and none of them is needed alive."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import hand_made_jobs
import pytest
from malapert.audit.v1 import audit_pb2, audit_pb2_grpc
from malapert.operation.v1 import operation_pb2
from malapert.planner.v1 import plan_pb2
from malapert_core.errors import ExhaustedError, InternalError, MalapertError, WorkLostError
from malapert_core.policy.identity import Identity, require_identity
from malapert_core.rpc.health import answers_serving
from malapert_planner.config import WorkerSettings
from malapert_planner.factory import solver_worker
from malapert_planner.services.jobs.solver_jobs import performer
from malapert_planner.services.jobs.worker_process import WorkerProcesses
from malapert_testing.nats_server import free_port
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from neighbours import Neighbours, running_neighbours
from planner_client import PlannerClient, client_of, run_planner


async def begun(client: PlannerClient, **request: object) -> str:
    """Ask for a plan and return its operation once it waits for a solver."""
    asked = plan_pb2.GeneratePlanRequest(mission_id="lupex-week", **request)  # type: ignore[arg-type]
    operation_id = (await client.plans.GeneratePlan(asked)).operation_id
    await in_stage(client, operation_id, "queue")
    return operation_id


async def in_stage(client: PlannerClient, operation_id: str, stage: str) -> None:
    watched = client.operations.WatchOperation(operation_pb2.WatchOperationRequest(operation_id=operation_id))
    async for answer in watched:
        if answer.operation.stages and answer.operation.stages[-1].name == stage:
            return
    raise AssertionError(answer.operation)


@asynccontextmanager
async def worker_process(nats_url: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Run a worker's own command in a process that can be killed: it is given the broker and nothing else."""
    port = free_port()
    environment = {"MALAPERT_PLANNER_NATS_URL": nats_url, "MALAPERT_PLANNER_GRPC_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "malapert_planner", "worker", env={**os.environ, **environment}
    )
    try:
        async with asyncio.timeout(30):
            while not await answers_serving(f"127.0.0.1:{port}"):
                await asyncio.sleep(0.1)
        yield process, port
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.asyncio
async def test_a_plan_waits_for_a_worker_and_may_be_cancelled_while_it_waits(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    run = run_planner(sqlite_service_runtime, target, solver_processes=0)
    async with run as service, client_of(service.target) as client:
        await client.create()
        unwanted, wanted = await begun(client), await begun(client, work_limit_s=1.0)
        await client.operations.CancelOperation(operation_pb2.CancelOperationRequest(operation_id=unwanted))
        assert (await client.ended(unwanted)).state == operation_pb2.OPERATION_STATE_CANCELLED
        async with solver_worker(WorkerSettings(nats_url=sqlite_service_runtime.nats_url)):
            operation = await asyncio.wait_for(client.ended(wanted), 60)
            page = await client.plans.ListPlans(plan_pb2.ListPlansRequest())
            validated = await client.plans.ValidatePlan(plan_pb2.ValidatePlanRequest(plan_id=operation.result_id))
    assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
    assert [plan.plan_id for plan in page.plans] == [operation.result_id]
    assert validated.validation.valid


@pytest.mark.asyncio
async def test_a_solve_of_a_worker_that_is_killed_is_done_by_another(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    _, target = neighbours
    run = run_planner(sqlite_service_runtime, target, solver_processes=0)
    async with run as service, client_of(service.target) as client:
        await client.create()
        async with worker_process(sqlite_service_runtime.nats_url) as (process, _):
            operation_id = await begun(client, work_limit_s=1.0)
            await in_stage(client, operation_id, "solve")
            process.kill()
            await process.wait()
        async with worker_process(sqlite_service_runtime.nats_url) as (process, port):
            operation = await asyncio.wait_for(client.ended(operation_id), 60)
            page = await client.plans.ListPlans(plan_pb2.ListPlansRequest())
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 20) == 0
            assert not await answers_serving(f"127.0.0.1:{port}")
    assert (operation.state, operation.attempt) == (operation_pb2.OPERATION_STATE_SUCCEEDED, 1)
    assert [plan.plan_id for plan in page.plans] == [operation.result_id]


@pytest.mark.asyncio
async def test_a_job_is_ended_at_the_limit_of_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = WorkerProcesses(1)
    monkeypatch.setattr("malapert_planner.services.jobs.solver_jobs.do_job", hand_made_jobs.wait_long)
    try:
        with pytest.raises(ExhaustedError) as caught:
            await performer(processes, 0.5)("plan_job", b"", print, asyncio.Event())
        with pytest.raises(InternalError) as unknown:
            await performer(processes, 0.5)("dig_job", b"", print, asyncio.Event())
    finally:
        processes.close()
    assert caught.value.reason == "JOB_TIME_LIMIT"
    assert unknown.value.reason == "UNKNOWN_JOB"


@pytest.mark.asyncio
async def test_a_job_that_wants_more_memory_than_it_may_have_ends_and_says_so() -> None:
    processes = WorkerProcesses(1, memory_limit_bytes=1 << 30)
    try:
        assert await processes.run(hand_made_jobs.want_much, 10) == 10 << 20
        with pytest.raises(MalapertError, match="MemoryError") as caught:
            await processes.run(hand_made_jobs.want_much, 4096)
    finally:
        processes.close()
    assert caught.value.reason == "WORKER_FAILED"
    assert not isinstance(caught.value, WorkLostError)


@pytest.mark.asyncio
async def test_jobs_give_way_to_their_service() -> None:
    own = os.nice(0)
    for niceness in (0, 10):
        processes = WorkerProcesses(1, niceness=niceness)
        try:
            assert await processes.run(hand_made_jobs.niceness) == min(19, own + niceness)
        finally:
            processes.close()


class WhoSearches(Neighbours):
    """Neighbours that keep in whose name sites were searched."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Identity] = []

    async def SearchSites(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.seen.append(require_identity())
        return await super().SearchSites(request, context)


@pytest.mark.asyncio
@pytest.mark.usefixtures("_hand_made_plans")
async def test_a_plan_is_made_in_the_name_and_scope_of_its_key_also_after_a_restart(
    sqlite_service_runtime: ServiceLauncher,
) -> None:
    limited = replace(identity_of("JAXA"), principal_id="person:aiko", mission_ids=frozenset({"lupex-week"}))
    servicers = WhoSearches()
    async with running_neighbours(servicers) as target:
        run = run_planner(sqlite_service_runtime, target, solver_processes=0)
        async with run as service, client_of(service.target) as client:
            await client.create()
            async with open_test_channel(service.target, limited) as channel:
                operation_id = await begun(PlannerClient.over(channel))
        async with run_planner(sqlite_service_runtime, target) as service, client_of(service.target) as client:
            operation = await asyncio.wait_for(client.ended(operation_id), 60)
            audit = audit_pb2_grpc.AuditServiceStub(client.channel)
            entries = (await audit.ListAuditEntries(audit_pb2.ListAuditEntriesRequest(entity_kind="plan"))).entries
    assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
    assert (operation.principal_id, operation.mission_id) == ("person:aiko", "lupex-week")
    assert servicers.seen == [replace(limited, via_service="planner")] * 2
    assert [entry.principal_id for entry in entries] == ["person:aiko"]
