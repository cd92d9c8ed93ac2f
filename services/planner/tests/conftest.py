import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

# Tests are imported without their folder on the path; the builders beside them are shared between test modules.
sys.path.append(str(Path(__file__).parent))

import hand_made_plan
from malapert_planner.services.jobs.job_messages import JOBS
from neighbours import Neighbours, running_neighbours


@pytest_asyncio.fixture
async def neighbours() -> AsyncIterator[tuple[Neighbours, str]]:
    servicers = Neighbours()
    async with running_neighbours(servicers) as target:
        yield servicers, target


@pytest.fixture
def _hand_made_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let plans be made by hand where the solver is not what is tested."""
    monkeypatch.setitem(JOBS, "plan_job", hand_made_plan.plan_job)
