"""Fixtures that start the whole platform: every process, as `malapert up` does."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from malapert_cli.api import Api
from malapert_cli.connection import Connection

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 120.0


@dataclass
class Platform:
    """A running platform, its keys and its processes."""

    process: subprocess.Popen
    url: str
    data_dir: Path

    def key(self, agency_id: str, role: str) -> str:
        keys = json.loads((self.data_dir / "keys.json").read_text())["keys"]
        return next(entry["key"] for entry in keys if entry["agency_id"] == agency_id and entry["role"] == role)

    @contextlib.contextmanager
    def api(self, agency_id: str = "JAXA", role: str = "PLANNER") -> Iterator[Api]:
        with Api(Connection(self.url, self.key(agency_id, role))) as api:
            yield api

    def process_id(self, name: str) -> int:
        """Return the process id of a child of the supervisor by what it runs."""
        wanted = "nats-server" if name == "nats" else f"malapert_{name}"
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if parent == self.process.pid and wanted in (entry / "cmdline").read_text():
                    return int(entry.name)
        raise LookupError(name)

    def kill(self, name: str) -> None:
        """End a process as a power cut would, and wait until the supervisor has started another."""
        pid = self.process_id(name)
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(LookupError):
                if self.process_id(name) != pid:
                    return
            time.sleep(0.05)
        raise TimeoutError(f"{name} was not started again")

    def wait_ready(self) -> None:
        """Wait until every service answers."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "malapert up has ended"
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            time.sleep(0.2)
        raise TimeoutError(f"not ready; see {self.data_dir / 'logs'}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_platform(data_dir: Path) -> Iterator[Platform]:
    port = free_port()
    command = [sys.executable, "-m", "malapert_cli", "up", "--data-dir", str(data_dir), "--port", str(port)]
    log_path = data_dir.parent / f"{data_dir.name}-up.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        platform = Platform(process, f"http://127.0.0.1:{port}", data_dir)
        try:
            platform.wait_ready()
            yield platform
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that all tests of a session share; a test that breaks it takes `own_platform`."""
    with running_platform(tmp_path_factory.mktemp("platform") / "data") as running:
        yield running
