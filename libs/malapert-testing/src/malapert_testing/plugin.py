"""The fixtures, known to every test of the workspace by pytest's plugin entry point."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from malapert_testing.nats_server import NatsServer
from malapert_testing.postgresql import PostgresqlServer, server_binaries
from malapert_testing.services import ServiceLauncher

# Tests start servers as another user, which Python does by fork; gRPC's own fork handlers can kill such a child.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

_STARTS_A_PROCESS = frozenset({"own_nats_server", "postgresql_server", "platform"})
_TAKES_LONG = frozenset({"e2e", "slow"})


def pytest_configure(config: pytest.Config) -> None:
    """Let all processes of the tests share what is compiled; each platform's own directory is new, and empty."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(config.rootpath / ".numba"))
    # How long an example takes says what else the machine does, and what is compiled on the way.
    settings.register_profile("malapert", deadline=None)
    settings.load_profile("malapert")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--fast` and `--shuffle`."""
    parser.addoption("--fast", action="store_true", help="leave out tests that start a process or are marked slow")
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run files and their tests in an order by seed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, under `--fast`, what starts a server or a platform or is marked slow or end to end; shuffle."""
    if config.getoption("--fast"):
        left_out = [item for item in items if _is_slow(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_slow(item)]
    if (seed := config.getoption("--shuffle")) is not None:
        order = random.Random(seed)
        files = sorted({item.path for item in items})
        place = {path: order.random() for path in files}
        items.sort(key=lambda item: (place[item.path], order.random()))


def _is_slow(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    marks = {mark.name for mark in item.iter_markers()}
    return not _STARTS_A_PROCESS.isdisjoint(fixtures) or not _TAKES_LONG.isdisjoint(marks)


@pytest.fixture
def own_nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """Run a NATS server that this test may stop, kill and start again, with streams of its own."""
    server = NatsServer(tmp_path / "nats")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def nats_server(own_nats_server: NatsServer) -> str:
    """Return the address of a NATS server of this test's own: no test sees another's events."""
    return own_nats_server.url


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Run one PostgreSQL server for the session."""
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binaries on this machine")
    server = PostgresqlServer(binaries)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the address of an SQLite file of this test's own, which is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'service.db'}"


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """Return the address of an empty PostgreSQL database of this test's own."""
    url = postgresql_server.create_database()
    yield url
    postgresql_server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database: the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def service_runtime(nats_server: str, database_url: str, tmp_path: Path) -> ServiceLauncher:
    """Return what runs a service's own factory in this process, once on each kind of database."""
    return ServiceLauncher(nats_server, database_url, tmp_path / "data")


@pytest.fixture
def sqlite_service_runtime(nats_server: str, sqlite_url: str, tmp_path: Path) -> ServiceLauncher:
    """Return what runs a service's own factory in this process, on SQLite alone."""
    return ServiceLauncher(nats_server, sqlite_url, tmp_path / "data")
