"""What callers do during a campaign: they send requests, follow the feed, and take a plan to its release."""

import contextlib
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

SUBMITTED = "malapert.payload.v1.request.submitted"
REVIEWERS = ("JAXA", "ISRO", "NASA", "ESA")
MONTHS = {"start_time": "2029-01-01T00:00:00Z", "end_time": "2029-03-01T00:00:00Z"}
CALL_LIMIT_S = 20.0
_IN_FLUX = {408, 429, 500, 502, 503, 504}


@dataclass
class Caller:
    """Calls that are made again, under one key each, until they are answered; what was answered that must never be."""

    url: str
    keys: dict[tuple[str, str], str]
    unexpected: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def once(
        self, who: tuple[str, str], method: str, path: str, body: Any = None, key: str = "", **parameters: Any
    ) -> httpx.Response:
        """Make a call once."""
        headers = {"Authorization": f"Bearer {self.keys[who]}"} | ({"Idempotency-Key": key} if key else {})
        answer = httpx.request(
            method, f"{self.url}/api/v1{path}", json=body, params=parameters, headers=headers, timeout=CALL_LIMIT_S
        )
        if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
            self.unexpected[f"500 {method} {path}"] += 1
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" not in answer.headers:
            self.unexpected[f"503 without Retry-After {method} {path}"] += 1
        return answer

    def at_last(
        self, who: tuple[str, str], method: str, path: str, body: Any = None, key: str = "", **parameters: Any
    ) -> httpx.Response:
        """Make a call until it is answered for good, or all is over."""
        while not self.stop.is_set():
            with contextlib.suppress(httpx.HTTPError):
                answer = self.once(who, method, path, body, key, **parameters)
                if answer.status_code not in _IN_FLUX and "IDEMPOTENCY_KEY_IN_USE" not in answer.text:
                    return answer
            time.sleep(0.5)
        return httpx.Response(httpx.codes.SERVICE_UNAVAILABLE, text="the campaign is over")

    def all_of(self, path: str, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return all pages of a list."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = self.at_last(("JAXA", "PLANNER"), "GET", path, page_size=200, page_token=token, **parameters).json()
            found += page.get(name, [])
            token = page.get("next_page_token", "")
            if not token:
                return found


@dataclass
class Load:
    """Requests that are sent, and what became of them."""

    caller: Caller
    mission_id: str
    answered: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, pause_s: float) -> None:
        """Send one request after another until told to stop."""
        number = 0
        while not self.stop.is_set():
            name = f"request-{number:05d}"
            answer = self.send(name)
            # It exists where the gateway died before it could say so.
            if answer.is_success or answer.status_code == httpx.codes.CONFLICT:
                self.answered[name] = answer.status_code
            elif not self.caller.stop.is_set():
                self.refused.append(f"{name}: {answer.status_code} {answer.text[:200]}")
            number += 1
            self.stop.wait(pause_s)

    def send(self, name: str) -> httpx.Response:
        """Send a request until it is answered."""
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
        path = f"/missions/{self.mission_id}/requests"
        return self.caller.at_last(("JAXA", "REQUESTER"), "POST", path, {"requests": [request]}, name)


@dataclass
class Reader:
    """A reader of the event feed that resumes from the last event it has seen."""

    caller: Caller
    mission_id: str
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
        headers = {"Authorization": f"Bearer {self.caller.keys['JAXA', 'VIEWER']}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        url, wanted = f"{self.caller.url}/api/v1/events", {"types": SUBMITTED}
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
            # Other missions have requests of the same names.
            if notice["mission_id"] == self.mission_id:
                self.seen[notice["entity_id"].rpartition("/")[2]].append(notice["event_id"])


@dataclass
class Plans:
    """Plans that are asked for during the faults, and one that every agency approves and that is then released."""

    caller: Caller
    plan: dict[str, Any]
    seed: int
    operation_ids: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    released: dict[str, Any] | None = None

    def ask(self, number: int) -> None:
        """Ask for a plan."""
        mission = {name: self.plan[name] for name in ("mission_id", "mission_version")}
        body = {**mission, "seed": self.seed + number, "work_limit_s": 1.0}
        answer = self.caller.at_last(("JAXA", "PLANNER"), "POST", "/plans", body, f"plan-{number}")
        if answer.is_success:
            self.operation_ids.append(answer.json()["operation_id"])
        else:
            self._refuse("plan", answer)

    def release(self) -> None:
        """Have the first plan submitted, approved by all and released."""
        planner, path = ("JAXA", "PLANNER"), f"/plans/{self.plan['plan_id']}"
        stations = {contact["station_id"] for contact in self.plan["contacts"]}
        owners = {
            self.caller.at_last(planner, "GET", f"/stations/{name}").json()["agency_id"] for name in sorted(stations)
        }
        given = {"partner_agency_id": "JAXA", "mission_id": self.plan["mission_id"], "hours_per_month": 200.0}
        for owner in sorted(owners - {"JAXA"}):
            wish = {**given, "interval": MONTHS}
            self._done(
                "agreement", self.caller.at_last((owner, "PLANNER"), "POST", "/agreements", wish, f"for-{owner}")
            )
        self._done("submit", self.caller.at_last(planner, "POST", f"{path}:submit", None, "submit"))
        for agency in REVIEWERS:
            said = {"content_hash": self.plan["content_hash"], "approve": True, "comment": ""}
            answer = self.caller.at_last((agency, "APPROVER"), "POST", f"{path}:review", said, f"review-{agency}")
            self._done("review", answer)
        answer = self.caller.at_last(planner, "POST", f"{path}:release", None, "release")
        if self._done("release", answer):
            self.released = answer.json()

    def _done(self, what: str, answer: httpx.Response) -> bool:
        if not answer.is_success:
            self._refuse(what, answer)
        return answer.is_success

    def _refuse(self, what: str, answer: httpx.Response) -> None:
        if not self.caller.stop.is_set():
            self.refused.append(f"{what}: {answer.status_code} {answer.text[:300]}")
