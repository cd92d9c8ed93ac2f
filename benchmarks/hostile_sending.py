"""Sends hostile calls to a platform, a few at once, and gathers what came of them."""

import asyncio
import json
import os
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from hostile_calls import STREAMS, HostileCall
from malapert_gateway.policy import ROLES_BY_ACTION
from malapert_testing.platform import Platform

AT_ONCE = 8
AGENCIES = ("JAXA", "ISRO", "ESA", "NASA")
ROLES = ("PLANNER", "REQUESTER", "APPROVER", "VIEWER", "ADMINISTRATOR")
PROCESSES = ("gateway", "planner", "landing_site", "comms_window", "payload")
_SAMPLED_EVERY_S = 1.0


class Sender:
    """Sends calls with keys that may make them, and with others, and keeps the tally since the last result."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._keys = {(agency, role): platform.key(agency, role) for agency in AGENCIES for role in ROLES}
        self._platform_key = platform.key("MALAPERT", "PLATFORM")
        self._under_way: deque[tuple[datetime, datetime, str]] = deque(maxlen=20_000)
        self._sent = 0
        self._forget()

    def _forget(self) -> None:
        self._since = datetime.now(UTC)
        self._began_s = time.monotonic()
        self._statuses: Counter[str] = Counter()
        self._failed: list[dict[str, Any]] = []
        self._memory_mb = self._with_children_mb = 0.0

    async def send(self, calls: Iterable[HostileCall], until_s: float) -> int:
        """Send calls until there are no more or it is too late, and return how many of them were sent."""
        before = self._sent
        shared = iter(calls)
        sampling = asyncio.create_task(self._sample_memory())
        async with httpx.AsyncClient(base_url=self._platform.url, timeout=120) as http:
            await asyncio.gather(*(self._send_some(http, shared, until_s) for _ in range(AT_ONCE)))
        sampling.cancel()
        return self._sent - before

    async def _send_some(self, http: httpx.AsyncClient, calls: Iterator[HostileCall], until_s: float) -> None:
        while time.monotonic() < until_s and (call := next(calls, None)) is not None:
            began = datetime.now(UTC)
            try:
                status, told = await self._answer(http, call)
            except (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol):
                status, told = "not sent", ""
            except (httpx.HTTPError, OSError) as error:
                status, told = "no answer", repr(error)
            self._under_way.append((began, datetime.now(UTC), call.operation))
            self._statuses[status] += 1
            if status == "no answer" or status[:1] == "5":
                self._failed.append(_failure(call, status, told))

    async def _answer(self, http: httpx.AsyncClient, call: HostileCall) -> tuple[str, str]:
        headers = {**call.headers, "Authorization": f"Bearer {self._key_for(call.operation)}"}
        encoded = {name: value.encode("utf-8", "replace") for name, value in headers.items()}
        if call.cut is not None:
            await self._send_cut(call, encoded)
            return "cut off", ""
        asked = http.build_request(call.method, call.path, headers=encoded, content=call.body)
        answer = await http.send(asked, stream=call.operation in STREAMS)
        told = "" if call.operation in STREAMS else answer.text
        await answer.aclose()
        return str(answer.status_code), told

    def _key_for(self, operation: str) -> str:
        self._sent += 1
        allowed = [role for role in ROLES_BY_ACTION.get(operation, ()) if role.name in ROLES]
        if self._sent % 4 and not allowed and ROLES_BY_ACTION.get(operation):
            return self._platform_key
        agency = AGENCIES[self._sent % len(AGENCIES)] if self._sent % 3 else "JAXA"
        names = sorted(role.name for role in allowed) if self._sent % 4 and allowed else ROLES
        return self._keys[agency, names[self._sent // 4 % len(names)]]

    async def _send_cut(self, call: HostileCall, headers: dict[str, bytes]) -> None:
        """Announce the whole body, send some of it, and be gone."""
        address = urlsplit(self._platform.url)
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        lines = [f"{call.method} {call.path} HTTP/1.1".encode(), b"Host: platform"]
        lines += [name.encode() + b": " + value for name, value in headers.items()]
        body = call.body or b""
        writer.write(b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""]) + body[: call.cut])
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def _sample_memory(self) -> None:
        while True:
            gateway = self._platform.process_id("gateway")
            own_mb = _memory_mb(gateway)
            self._memory_mb = max(self._memory_mb, own_mb)
            self._with_children_mb = max(self._with_children_mb, own_mb + sum(map(_memory_mb, _children(gateway))))
            await asyncio.sleep(_SAMPLED_EVERY_S)

    def result(self) -> dict[str, Any]:
        """Return the tally since the last result, and begin anew."""
        told = {
            "statuses": dict(self._statuses),
            "failed": self._failed,
            "took_s": round(time.monotonic() - self._began_s, 1),
            "load": round(os.getloadavg()[0], 1),
            "gateway_mb": round(self._memory_mb),
            "gateway_with_readers_mb": round(self._with_children_mb),
            "holds": {name: list(self._holds(name)) for name in PROCESSES},
        }
        self._forget()
        return told

    def _holds(self, name: str) -> Iterator[dict[str, Any]]:
        lines = [
            line
            for path in self._platform.data_dir.glob(f"logs/{name}.log*")
            for line in path.read_text(errors="replace").splitlines()
        ]
        for line in lines:
            if "the event loop was held" in line:
                hold = json.loads(line)
                at = datetime.fromisoformat(hold["timestamp"])
                start = at - timedelta(seconds=hold["duration_s"] + 0.02)
                if at >= self._since:
                    yield {
                        "wall_ms": round(1000 * hold["duration_s"]),
                        "cpu_ms": round(1000 * min(hold["duration_s"], hold["thread_cpu_s"])),
                        "collecting_ms": round(1000 * hold["collecting_s"]),
                        "beside": self._beside(start, at),
                        "served": sorted(_served(lines, start, at)),
                    }

    def _beside(self, start: datetime, end: datetime) -> list[str]:
        return sorted({name for began, ended, name in self._under_way if began <= end and ended >= start})


def _served(lines: Iterable[str], start: datetime, end: datetime) -> Iterator[str]:
    """Yield the calls of a service that were under way in a span, by what it logged as it ended them."""
    for line in lines:
        if '"call served"' in line:
            call = json.loads(line)
            ended = datetime.fromisoformat(call["timestamp"])
            if ended >= start and ended - timedelta(seconds=call["duration_s"]) <= end:
                yield f"{call['method'].rpartition('/')[2]} {call['duration_s']:.3f} s"


def _failure(call: HostileCall, status: str, told: str) -> dict[str, Any]:
    body = (call.body or b"")[:4000].decode("latin-1")
    named = {"operation": call.operation, "method": call.method, "path": call.path, "headers": call.headers}
    return {**named, "status": status, "body": body, "size": len(call.body or b""), "answer": told[:600]}


def _memory_mb(process_id: int) -> float:
    """Resident memory of a process that it shares with no other, and its part of the rest, MB."""
    try:
        rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return int(rollup.split("\nPss:")[1].split()[0]) / 1024


def _children(process_id: int) -> list[int]:
    try:
        tasks = Path(f"/proc/{process_id}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
