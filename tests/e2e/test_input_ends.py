"""Input at its ends over HTTP: longitudes, encodings, tracking data; a clear answer alike in every call."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from malapert_testing.openapi_examples import body_of, parameters_of
from malapert_testing.platform import Platform

Call = tuple[str, str, dict[str, Any], Any]
pytestmark = pytest.mark.e2e
ENCODINGS = ("UTF-7", "UTF-16", "utf-32", "cp037", "no-such-encoding", "punycode", "idna", "rot13", "unicode_escape")
TRACKING = (
    "CCSDS_TDM_VERS = 2.0\nCREATION_DATE = 2029-016T00:00:00\nORIGINATOR = TESTLAB\nMETA_START\nTIME_SYSTEM = UTC\n"
    "PARTICIPANT_1 = GS-NORD\nPARTICIPANT_2 = HOPPER\nMODE = SEQUENTIAL\nPATH = 2,1\nMETA_STOP\nDATA_START\n"
    "RANGE = 2029-015T00:00:00 370000.5\nDATA_STOP\n"
)


@pytest.fixture(scope="module")
def client(platform: Platform) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"}
    with httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=60) as opened:
        yield opened


def refusal_of(answer: httpx.Response) -> dict[str, Any]:
    assert 400 <= answer.status_code < 500, (answer.request.url, answer.text)
    problem: dict[str, Any] = answer.json()
    assert problem["reason"]
    assert len(answer.content) < 200_000
    return problem


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_schedules_in_a_declared_encoding_are_read_or_refused(client: httpx.Client, encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?><simpleSchedule>\xe9</simpleSchedule>'.encode()
    headers = {"Content-Type": "application/xml"}
    refusal_of(client.post("/schedules:read", content=content, headers=headers))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_tracking_data_in_a_declared_encoding_are_read_or_refused(client: httpx.Client, encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?><tdm>\xe9</tdm>'.encode()
    body = {"content": base64.b64encode(content).decode()}
    refusal_of(client.post("/tracking-data:read", json=body))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2.0", "9.0"),
        ("META_STOP\n", "DATA_TYPES = RECEIVE_FREQ\nMETA_STOP\n"),
        ("370000.5", "nan"),
        ("2029-015T00:00:00 ", "2029-366T00:00:00 "),
        ("RANGE =", "RANGE\x00="),
        ("PATH = 2,1", "PATH = 2,3"),
    ],
)
def test_tracking_data_that_make_no_sense_are_refused_by_place(client: httpx.Client, old: str, new: str) -> None:
    sound = client.post("/tracking-data:read", json={"content": base64.b64encode(TRACKING.encode()).decode()})
    assert sound.status_code == 200, sound.text
    changed = base64.b64encode(TRACKING.replace(old, new, 1).encode()).decode()
    assert refusal_of(client.post("/tracking-data:read", json={"content": changed}))["errors"]


def test_longitudes_are_taken_or_refused_alike(client: httpx.Client, platform: Platform) -> None:
    """From -180 to 360 a call answers as it does for its own example; beyond, it is refused by the field's name."""
    document = httpx.get(f"{platform.url}/openapi.json", timeout=60).json()
    found = list(calls_with_longitude(document))
    assert len(found) >= 3
    for call in found:
        known = answer_at(client, call, -137.2).status_code
        taken = {answer_at(client, call, deg).status_code for deg in (-180.0, 0.0, 180.0, 222.8, 360.0)}
        assert taken == {known}, call
        for deg in (-180.001, 360.5, 1e9):
            problem = refusal_of(answer_at(client, call, deg))
            named = any("longitude_deg" in error["path"] for error in problem["errors"])
            assert named or problem["status"] == known == 404, (call, problem)


def answer_at(client: httpx.Client, call: Call, longitude_deg: float) -> httpx.Response:
    """Return the answer to a call with another longitude."""
    method, path, query, body = call
    return client.request(
        method, path, params=with_longitude(query, longitude_deg), json=with_longitude(body, longitude_deg)
    )


def calls_with_longitude(document: dict[str, Any]) -> Iterator[Call]:
    """Yield each call whose example has a longitude."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            address, query, _ = parameters_of(document, path, operation)
            json_content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            content = json_content and body_of(document, "application/json", json_content)
            body = json.loads(content) if content else None
            if "longitude_deg" in query or "longitude_deg" in json.dumps(body):
                yield method.upper(), address.removeprefix("/api/v1"), query, body


def with_longitude(value: Any, longitude_deg: float) -> Any:
    """Return plain data in which every longitude is another."""
    if isinstance(value, dict):
        return {
            key: longitude_deg if key == "longitude_deg" else with_longitude(inner, longitude_deg)
            for key, inner in value.items()
        }
    return [with_longitude(inner, longitude_deg) for inner in value] if isinstance(value, list) else value
