import sys
from collections.abc import AsyncIterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest_asyncio
from gateway_platform import GatewayPlatform, open_platform
from malapert_testing.services import ServiceLauncher


@pytest_asyncio.fixture
async def platform(service_runtime: ServiceLauncher, tmp_path: Path) -> AsyncIterator[GatewayPlatform]:
    """The real gateway on a real broker and each kind of database, before four real gRPC servers that tests script."""
    async with open_platform(service_runtime, tmp_path / "keys.json") as platform:
        yield platform


@pytest_asyncio.fixture
async def sqlite_platform(sqlite_service_runtime: ServiceLauncher, tmp_path: Path) -> AsyncIterator[GatewayPlatform]:
    """The same on SQLite alone."""
    async with open_platform(sqlite_service_runtime, tmp_path / "keys.json") as platform:
        yield platform


@pytest_asyncio.fixture
async def unhurried(sqlite_service_runtime: ServiceLauncher, tmp_path: Path) -> AsyncIterator[GatewayPlatform]:
    """The same with no limit that a test of every call would reach."""
    limit = "100000/minute"
    folder = tmp_path / "keys.json"
    async with open_platform(sqlite_service_runtime, folder, rate_limit=limit, agency_rate_limit=limit) as platform:
        yield platform
