"""Let one, two and more solver workers take the same solves from the queue and print how many they do a minute."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from malapert_core.events.broker import connect_nats
from malapert_core.jobs.queue import Priority, WorkQueue
from malapert_core.rpc.health import answers_serving
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.services.jobs.planning_jobs import PlanningOutcome, SolveLimits, plan_job
from malapert_planner.services.jobs.solver_jobs import AREA, SolverJobs
from malapert_testing.nats_server import NatsServer, free_port
from planner_reference_size import synthetic_mission


@contextmanager
def workers(nats_url: str, count: int) -> Iterator[None]:
    """Run workers' own command in processes of their own, ready inside the block."""
    ports = [free_port() for _ in range(count)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "malapert_planner", "worker"],
            env={**os.environ, "MALAPERT_PLANNER_NATS_URL": nats_url, "MALAPERT_PLANNER_GRPC_PORT": str(port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for port in ports
    ]
    try:
        for port in ports:
            while not asyncio.run(answers_serving(f"127.0.0.1:{port}")):
                time.sleep(0.1)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


async def solve_all(
    nats_url: str, problem: PlanningProblem, count: int, work: float, first_seed: int = 1
) -> tuple[float, list[float]]:
    """Return how long so many solves took together, seconds, and the objective of each."""
    connection = await connect_nats(nats_url, name="benchmark")
    try:
        jobs = SolverJobs(WorkQueue(connection, AREA))
        began_s = time.perf_counter()
        outcomes: list[PlanningOutcome] = await asyncio.gather(
            *(
                jobs.run(plan_job, problem, SolveLimits(first_seed + number, work, 600.0), priority=Priority.ROUTINE)
                for number in range(count)
            )
        )
        elapsed_s = time.perf_counter() - began_s
    finally:
        await connection.close()
    assert all(outcome.validation is not None and outcome.validation.valid for outcome in outcomes)
    return elapsed_s, [outcome.result.objective for outcome in outcomes]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--solves", type=int, default=12)
    parser.add_argument("--work", type=float, default=2.0, help="deterministic seconds a solve")
    arguments = parser.parse_args()
    problem = synthetic_mission(days=30, chains=25, places=5)
    first: float | None = None
    objectives: list[float] | None = None
    print("workers | solves | seconds | solves a minute | against the first")
    for count in arguments.workers:
        with tempfile.TemporaryDirectory() as folder:
            server = NatsServer(Path(folder))
            server.start()
            try:
                with workers(server.url, count):
                    # Each worker's processes load their modules with the first job.
                    asyncio.run(solve_all(server.url, problem, 2 * count, 0.01, first_seed=1000))
                    elapsed_s, found = asyncio.run(solve_all(server.url, problem, arguments.solves, arguments.work))
            finally:
                server.stop()
        assert objectives is None or found == objectives, "the number of workers changed a result"
        objectives, rate = found, 60 * arguments.solves / elapsed_s
        first = first or rate
        print(f"{count:7} | {arguments.solves:6} | {elapsed_s:7.1f} | {rate:15.1f} | {rate / first:17.2f}")


if __name__ == "__main__":
    main()
