"""The faults that a campaign does to a platform."""

import contextlib
import os
import random
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from malapert_testing.platform import Platform
from malapert_testing.postgresql import PostgresqlServer

PROCESSES = ("landing_site", "comms_window", "payload", "planner", "gateway", "nats")
SIGNALS = {"kill": signal.SIGKILL, "end": signal.SIGTERM, "freeze": signal.SIGSTOP}
FROZEN_S, AWAY_S = (2.0, 15.0), (0.5, 8.0)
ORPHANS_S = 30.0


@dataclass
class Faults:
    """Faults by chance, and what they found of the platform itself."""

    platform: Platform
    random_numbers: random.Random
    database: PostgresqlServer | None = None
    orphans: list[str] = field(default_factory=list)
    started_twice: list[str] = field(default_factory=list)

    def one(self) -> str:
        """Do one fault, and return which."""
        kinds = ["kill", "end", "freeze"] * 4 + ["lose files", "kill supervisor"]
        kind = self.random_numbers.choice(kinds + (["kill database"] * 2 if self.database else []))
        name = self.random_numbers.choice(PROCESSES)
        with contextlib.suppress(LookupError, ProcessLookupError):
            if kind == "lose files":
                self.lose_files()
            elif kind == "kill supervisor":
                self.kill_supervisor()
            elif kind == "kill database":
                self.kill_database()
            else:
                self.signal(kind, name)
        return f"{kind} {name}" if kind in SIGNALS else kind

    def signal(self, kind: str, name: str) -> None:
        """Kill, end, or freeze for a while, one process."""
        process_id = self.platform.process_id(name)
        os.kill(process_id, SIGNALS[kind])
        if kind == "freeze":
            time.sleep(self.random_numbers.uniform(*FROZEN_S))
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGCONT)

    def lose_files(self) -> None:
        """Take the broker's files away."""
        shutil.rmtree(self.platform.data_dir / "nats" / "jetstream", ignore_errors=True)
        os.kill(self.platform.process_id("nats"), signal.SIGKILL)

    def kill_database(self) -> None:
        """End the database server as a power cut would, and start it again after a while."""
        if self.database is not None:
            self.database.crash()
            time.sleep(self.random_numbers.uniform(*AWAY_S))
            self.database.resume()

    def kill_supervisor(self) -> None:
        """Kill `malapert up`: what it started ends with it, and another takes the directory; a third is refused."""
        children = self.platform.children()
        self.platform.process.kill()
        self.platform.process.wait()
        until_s = time.monotonic() + ORPHANS_S
        left = children
        while left and time.monotonic() < until_s:
            left = {pid: command for pid, command in children.items() if _runs(pid, command)}
            time.sleep(0.1)
        self.orphans += [command.replace("\0", " ")[:200] for command in left.values()]
        self.platform.start()
        time.sleep(2.0)
        code, said = self.platform.start_beside()
        if code != 2:
            self.started_twice.append(f"{code}: {said[-300:]}")


def _runs(process_id: int, command: str) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z" and Path(f"/proc/{process_id}/cmdline").read_text() == command
    except (OSError, IndexError):
        return False
