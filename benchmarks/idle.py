"""What an embedded platform takes before anybody asks it for anything: CPU of its start, and memory of each process."""

import tempfile
import time
from pathlib import Path

from gateway_reads import cpu_s
from malapert_testing.platform import running_platform

PROCESSES = ("nats", "landing_site", "comms_window", "payload", "planner", "gateway")
SETTLED_S = 20.0


def own_memory_mb(process_id: int) -> float:
    """Return the memory of a process, where pages that several share are counted once in all (PSS), MB."""
    lines = Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def main() -> None:
    """Start a platform and print."""
    with tempfile.TemporaryDirectory() as folder:
        began_s = time.monotonic()
        with running_platform(Path(folder) / "data") as platform:
            started_s = time.monotonic() - began_s
            used = {name: cpu_s(platform.process_id(name)) for name in PROCESSES}
            time.sleep(SETTLED_S)
            memory = {name: own_memory_mb(platform.process_id(name)) for name in PROCESSES}
    for name in PROCESSES:
        print(f"{name:13} {used[name]:6.1f} s CPU at the start {memory[name]:7.0f} MB")
    print(f"{'all':13} {sum(used.values()):6.1f} s CPU at the start {sum(memory.values()):7.0f} MB")
    print(f"ready {started_s:.1f} s after the command")


if __name__ == "__main__":
    main()
