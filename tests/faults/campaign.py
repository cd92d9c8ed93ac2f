"""Campaign of faults: processes of an embedded platform are killed, ended, frozen and robbed of their files under load.

``python tests/faults/campaign.py --faults 20 --seed 1``: what is checked is seen from outside, through the HTTP API. It
prints what was done and found as JSON, and ends with 1 where anything was lost, doubled or left undone.
"""

import argparse
import contextlib
import copy
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from malapert_cli.mission_file import load_mission
from malapert_cli.plan import make_plan
from malapert_testing.platform import Platform, running_platform

MISSION = Path(__file__).parents[2] / "missions" / "lupex-week.yaml"
PROCESSES = ("landing_site", "comms_window", "payload", "planner", "gateway", "nats")
FAULTS = ("kill", "end", "freeze", "lose files")
SUBMITTED = "malapert.payload.v1.request.submitted"
CALL_LIMIT_S, FROZEN_S, SETTLING_S = 20.0, (2.0, 15.0), 180.0
_IN_FLUX = {408, 429, 500, 502, 503, 504}


@dataclass
class Load:
    """Requests that are sent, each under a key of its own until it is answered, and what became of them."""

    platform: Platform
    mission_id: str
    answered: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    unexpected: Counter[int] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, pause_s: float) -> None:
        """Send one request after another until told to stop."""
        number = 0
        while not self.stop.is_set():
            self.send(f"request-{number:05d}")
            number += 1
            self.stop.wait(pause_s)

    def send(self, name: str) -> None:
        """Send a request until it is answered."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = self.post(name)
                if answer.is_success or (answer.status_code == httpx.codes.CONFLICT and not _in_use(answer)):
                    # It exists where the gateway died before it could say so.
                    self.answered[name] = answer.status_code
                    return
                if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
                    self.unexpected[answer.status_code] += 1
                if answer.status_code not in _IN_FLUX and not _in_use(answer):
                    self.refused.append(f"{name}: {answer.status_code} {answer.text[:200]}")
                    return
            time.sleep(0.5)

    def post(self, name: str) -> httpx.Response:
        """Send a request once."""
        request = {
            "request_id": name,
            "title": name,
            "activity_type_id": "site-survey",
            "agency_id": "JAXA",
            "value": 1.0,
            "mandatory": False,
            "place_ids": ["lander"],
            "visibility": "MISSION",
        }
        headers = {"Authorization": f"Bearer {self.platform.key('JAXA', 'REQUESTER')}", "Idempotency-Key": name}
        url = f"{self.platform.url}/api/v1/missions/{self.mission_id}/requests"
        return httpx.post(url, json={"requests": [request]}, headers=headers, timeout=CALL_LIMIT_S)


def _in_use(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.CONFLICT and "IDEMPOTENCY_KEY_IN_USE" in answer.text


@dataclass
class Reader:
    """A reader of the event feed that resumes from the last event it has seen."""

    platform: Platform
    seen: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    gaps: int = 0
    last_id: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Read until told to stop."""
        while not self.stop.is_set():
            with contextlib.suppress(httpx.HTTPError, TimeoutError):
                for event in self._events():
                    self._take(event)
            self.stop.wait(0.5)

    def _events(self) -> Iterator[dict[str, str]]:
        headers = {"Authorization": f"Bearer {self.platform.key('JAXA', 'VIEWER')}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        url, wanted = f"{self.platform.url}/api/v1/events", {"types": SUBMITTED}
        with httpx.stream("GET", url, params=wanted, headers=headers, timeout=CALL_LIMIT_S) as answer:
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                if self.stop.is_set():
                    return
                if line:
                    name, _, value = line.partition(":")
                    event[name] = value.removeprefix(" ")
                elif event:
                    yield event
                    event = {}

    def _take(self, event: dict[str, str]) -> None:
        self.last_id = event.get("id", self.last_id)
        if event.get("event") == "gap":
            self.gaps += 1
        elif event.get("event") == "event":
            notice = json.loads(event["data"])
            self.seen[notice["entity_id"].rpartition("/")[2]].append(notice["event_id"])


def inflict(platform: Platform, fault: str, name: str, random_numbers: random.Random) -> None:
    """Do one fault to one process."""
    if fault == "lose files":
        shutil.rmtree(platform.data_dir / "nats" / "jetstream", ignore_errors=True)
        platform.kill("nats")
        return
    process_id = platform.process_id(name)
    os.kill(process_id, {"kill": signal.SIGKILL, "end": signal.SIGTERM, "freeze": signal.SIGSTOP}[fault])
    if fault == "freeze":
        time.sleep(random_numbers.uniform(*FROZEN_S))
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGCONT)


def findings(platform: Platform, load: Load, reader: Reader, operation_ids: list[str]) -> dict[str, Any]:
    """Return what was lost, doubled or left undone; each empty where all is well."""
    with platform.api() as api:
        stored: list[str] = []
        token = ""
        while True:
            page = api.get(f"/missions/{load.mission_id}/requests", page_size=200, page_token=token)
            stored += [each["request_id"] for each in page["requests"]]
            token = page.get("next_page_token", "")
            if not token:
                break
        ends = [list(api.watch(operation_id))[-1] for operation_id in operation_ids]
    sent = set(load.answered)
    again = {name: load.post(name).status_code for name in sorted(sent)[:5]}
    return {
        "lost requests": sorted(sent - set(stored)),
        "doubled requests": [name for name, count in Counter(stored).items() if count > 1],
        "events missed": sorted(sent - set(reader.seen)),
        "events doubled": [name for name, ids in reader.seen.items() if len(set(ids)) > 1],
        "repeated without a gap": [name for name, ids in reader.seen.items() if len(ids) > 1 and not reader.gaps],
        "operations not succeeded": [
            f"{end.operation_id}: {end.error_reason}" for end in ends if end.state != "SUCCEEDED"
        ],
        "keys not honoured": {name: status for name, status in again.items() if status not in (200, 201, 409)},
        "refused": load.refused,
        "answers 500": load.unexpected[500],
    }


def campaign(folder: Path, *, faults: int, seed: int, pause_s: float, plans: bool) -> dict[str, Any]:
    """Run a platform, inflict faults under load, let it settle, and return what was done and found."""
    random_numbers = random.Random(seed)
    done: list[str] = []
    with running_platform(folder / "data") as platform:
        mission = copy.deepcopy(load_mission(MISSION))
        mission["mission"]["id"] = "campaign"
        operation_ids: list[str] = []
        with platform.api() as api:
            api.post("/missions", mission)
            plan = make_plan(api, MISSION, [], seed=1, work_limit_s=0.0) if plans else None
        load, reader = Load(platform, "campaign"), Reader(platform)
        threads = [threading.Thread(target=load.run, args=(pause_s,)), threading.Thread(target=reader.run)]
        reader.last_id = ""
        for thread in threads:
            thread.start()
        time.sleep(2.0)
        for number in range(faults):
            fault, name = random_numbers.choice(FAULTS), random_numbers.choice(PROCESSES)
            done.append(fault if fault == "lose files" else f"{fault} {name}")
            if plan is not None and number % 5 == 0:
                platform.wait_ready()
                with platform.api() as api:
                    body = {name: plan[name] for name in ("mission_id", "mission_version")}
                    wish = {**body, "seed": seed + number, "work_limit_s": 1.0}
                    operation_ids.append(api.post("/plans", wish)["operation_id"])
            with contextlib.suppress(LookupError, ProcessLookupError):
                inflict(platform, fault, name, random_numbers)
            time.sleep(random_numbers.uniform(0.2, 6.0))
        load.stop.set()
        threads[0].join()
        platform.wait_ready()
        deadline_s = time.monotonic() + SETTLING_S
        while set(load.answered) - set(reader.seen) and time.monotonic() < deadline_s:
            time.sleep(1.0)
        found = findings(platform, load, reader, operation_ids)
        reader.stop.set()
    threads[1].join()
    return {
        "seed": seed,
        "faults": dict(Counter(done)),
        "requests": len(load.answered),
        "operations": len(operation_ids),
        "gaps told": reader.gaps,
        "findings": found,
    }


def main() -> None:
    """Run a campaign as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause-s", type=float, default=0.3, help="between two requests, seconds")
    parser.add_argument("--plans", action="store_true", help="have plans made as well, which takes CPU")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="malapert-campaign-") as folder:
        result = campaign(Path(folder), faults=wish.faults, seed=wish.seed, pause_s=wish.pause_s, plans=wish.plans)
    json.dump(result, sys.stdout, indent=2)
    sys.stdout.write("\n")
    sys.exit(1 if any(result["findings"].values()) else 0)


if __name__ == "__main__":
    main()
