import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

# Tests are imported without their folder on the path; the planner's own builders of missions and plans serve here, too.
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[2] / "services" / "planner" / "tests")]

import hand_made_plan
from access_world import World, open_world
from malapert_planner.services.jobs.job_messages import JOBS
from malapert_testing.nats_server import NatsServer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A mission of several agencies on all services, whose plans are made by hand; one for each module."""
    directory = tmp_path_factory.mktemp("world")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    broker = NatsServer(directory / "nats")
    broker.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(JOBS, "plan_job", hand_made_plan.plan_job)
        async with open_world(broker.url, directory) as opened:
            yield opened
    broker.stop()
    structlog.reset_defaults()
