"""A small slice of the hostile corpus over all calls; `benchmarks/hostile_bodies.py` is the whole."""

import httpx
import pytest
from hostile_calls import HostileCalls

SEED, CASES = 7, 240


def test_no_hostile_call_is_answered_by_an_error_of_the_server(platform):
    calls = HostileCalls(httpx.get(f"{platform.url}/openapi.json", timeout=30).json())
    failed = []
    with httpx.Client(base_url=platform.url, timeout=60) as http:
        for number in range(CASES):
            call = calls.call(SEED, number)
            role = ("PLANNER", "REQUESTER", "VIEWER")[number % 3]
            headers = {**call.headers, "Authorization": f"Bearer {platform.key('ESA', role)}"}
            encoded = {name: value.encode("utf-8", "replace") for name, value in headers.items()}
            try:
                # A stream of events has no end: what is read is the status alone, and why it is an error.
                with http.stream(call.method, call.path, headers=encoded, content=call.body) as answer:
                    if answer.status_code >= 500:
                        failed.append((number, call.operation, answer.status_code, answer.read()[:300]))
            except (httpx.InvalidURL, httpx.LocalProtocolError):
                continue
    assert not failed


@pytest.mark.parametrize("number", [0, 17, 101])
def test_a_call_is_fixed_by_its_seed_and_number(number):
    from malapert_gateway.app import create_app

    document = create_app().openapi()
    assert HostileCalls(document).call(SEED, number) == HostileCalls(document).call(SEED, number)
