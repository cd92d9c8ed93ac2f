"""A small mission that the tests start from."""

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from google.protobuf.json_format import ParseDict
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert_core.rpc.mapping import to_domain
from malapert_payload.config import PayloadSettings
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.factory import MIGRATIONS, build
from malapert_payload.handlers.request_messages import request_of
from malapert_testing.services import ServiceLauncher
from payload_world import PlannerStub, charter_of

MISSION = Path(__file__).parent / "data" / "polar_mission.json"


@pytest.fixture
def mission_import() -> ImportCatalogueRequest:
    return ParseDict(json.loads(MISSION.read_text()), ImportCatalogueRequest())


@pytest.fixture
def catalogue(mission_import: ImportCatalogueRequest) -> Catalogue:
    return to_domain(mission_import, Catalogue)


@pytest.fixture
def document(mission_import: ImportCatalogueRequest) -> list[ActivityRequest]:
    return [request_of(message, mission_import.mission_id) for message in mission_import.requests]


@pytest.fixture
def planner() -> PlannerStub:
    return PlannerStub({"polar-test": charter_of()}, only_these=True)


def launcher_of(runtime: ServiceLauncher, planner: PlannerStub) -> Callable[[], Any]:
    @asynccontextmanager
    async def launched() -> AsyncIterator[Any]:
        async with AsyncExitStack() as stack:
            target = await stack.enter_async_context(planner.served())
            run = runtime.run(PayloadSettings, build, MIGRATIONS, planner_target=target)
            yield await stack.enter_async_context(run)

    return launched


@pytest.fixture
def launch(service_runtime: ServiceLauncher, planner: PlannerStub) -> Callable[[], Any]:
    """The service on both databases."""
    return launcher_of(service_runtime, planner)


@pytest.fixture
def launch_once(sqlite_service_runtime: ServiceLauncher, planner: PlannerStub) -> Callable[[], Any]:
    """The service on SQLite alone, for what asks nothing new of a database."""
    return launcher_of(sqlite_service_runtime, planner)
