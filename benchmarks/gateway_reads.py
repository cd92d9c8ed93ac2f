"""CPU of the gateway for a read: of itself, and through a service, beside a bare FastAPI that says a word."""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from malapert_testing.nats_server import free_port
from malapert_testing.platform import running_platform

BARE = """
import sys, fastapi, uvicorn
app = fastapi.FastAPI()
@app.get("/word")
async def word() -> dict[str, str]:
    return {"word": "yes"}
uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False)
"""
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_s(process_id: int) -> float:
    """Return the CPU time that a process has taken, seconds."""
    times = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(times[11]) + int(times[12])) / _TICKS_A_SECOND


def measured_ms(process_id: int, client: httpx.Client, path: str, calls: int) -> float:
    """Return the CPU of a process for one call, milliseconds."""
    for _ in range(20):
        client.get(path).raise_for_status()
    before_s = cpu_s(process_id)
    for _ in range(calls):
        client.get(path).raise_for_status()
    return (cpu_s(process_id) - before_s) / calls * 1000


@contextlib.contextmanager
def bare() -> Iterator[tuple[int, str]]:
    """Run a bare FastAPI for the length of a block."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{url}/word")
                break
            time.sleep(0.1)
        yield process.pid, url
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    calls = parser.parse_args().calls
    with bare() as (process_id, url), httpx.Client(base_url=url) as client:
        base_ms = measured_ms(process_id, client, "/word", calls)
    print(f"bare FastAPI                {base_ms:6.2f} ms")
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / "data") as platform:
        headers = {"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"}
        process_id = platform.process_id("gateway")
        with httpx.Client(base_url=platform.url, headers=headers) as client:
            for what, path in (("whoami", "/api/v1/whoami"), ("a page of missions", "/api/v1/missions")):
                # Below the calls that a key may make in a minute.
                cpu_ms = measured_ms(process_id, client, path, min(calls, 500))
                print(f"{what:27} {cpu_ms:6.2f} ms, {cpu_ms / base_ms:4.1f} times")


if __name__ == "__main__":
    main()
