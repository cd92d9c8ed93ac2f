"""The whole platform in processes of its own, as `malapert up` runs it, for tests to use and to disturb."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from malapert_client import Connection

from malapert_testing.nats_server import free_port
from malapert_testing.platform_api import Api

START_LIMIT_S = 240.0
RESTART_LIMIT_S = 120.0
"""Far above the longest pause before a restart: the machine of tests has other work."""


@dataclass
class Platform:
    """A running platform, its keys and its processes."""

    url: str
    data_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    start_limit_s: float = START_LIMIT_S
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def log_path(self) -> Path:
        """File of what `malapert up` says."""
        return self.data_dir.parent / f"{self.data_dir.name}-up.log"

    def start(self) -> None:
        """Start `malapert up`; it is not ready yet."""
        self.process = self._started(self.log_path)

    def start_beside(self) -> tuple[int, str]:
        """Start a second one on the same directory, and return how it ended and what it said."""
        said = self.log_path.with_suffix(".second.log")
        return self._started(said).wait(60), said.read_text(errors="replace")

    def _started(self, log_path: Path) -> subprocess.Popen[bytes]:
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "malapert_cli", "up", "--data-dir", str(self.data_dir), "--port", port]
        with log_path.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own command
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **self.environment}
            )

    def key(self, agency_id: str, role: str) -> str:
        """Return a key of an agency with a role."""
        keys = json.loads((self.data_dir / "keys.json").read_text())["keys"]
        return next(str(entry["key"]) for entry in keys if entry["agency_id"] == agency_id and entry["role"] == role)

    @contextlib.contextmanager
    def api(self, agency_id: str = "JAXA", role: str = "PLANNER") -> Iterator[Api]:
        """Open the API with such a key."""
        with Api(connection=Connection(self.url, self.key(agency_id, role))) as api:
            yield api

    def children(self) -> dict[int, str]:
        """Return the command lines of the supervisor's children by process id."""
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if parent == self.process.pid:
                    found[int(entry.name)] = (entry / "cmdline").read_text()
        return found

    def process_id(self, name: str) -> int:
        """Return the process id of a child of the supervisor by what it runs."""
        wanted = "nats-server" if name == "nats" else f"malapert_{name}"
        for process_id, command in self.children().items():
            if wanted in command:
                return process_id
        raise LookupError(name)

    def kill(self, name: str) -> None:
        """End a process as a power cut would, and wait until the supervisor has started another."""
        pid = self.process_id(name)
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + RESTART_LIMIT_S
        while time.monotonic() < deadline:
            with contextlib.suppress(LookupError):
                if self.process_id(name) != pid:
                    return
            time.sleep(0.05)
        raise TimeoutError(f"{name} was not started again")

    def wait_ready(self) -> None:
        """Wait until every service answers."""
        deadline = time.monotonic() + self.start_limit_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError("malapert up has ended")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            time.sleep(0.2)
        raise TimeoutError(f"not ready; see {self.data_dir / 'logs'}")


@contextlib.contextmanager
def running_platform(
    data_dir: Path, *, start_limit_s: float = START_LIMIT_S, environment: dict[str, str] | None = None
) -> Iterator[Platform]:
    """Run a platform for the length of a block, with everything that it keeps in a directory.

    It must answer within ``start_limit_s`` seconds. ``environment`` goes to all of its processes.
    """
    platform = Platform(f"http://127.0.0.1:{free_port()}", data_dir, environment or {}, start_limit_s)
    platform.start()
    try:
        platform.wait_ready()
        yield platform
    finally:
        platform.process.send_signal(signal.SIGINT)
        try:
            platform.process.wait(60)
        except subprocess.TimeoutExpired:
            platform.process.kill()
            raise
