"""Requests as files: what is written is read again as it was, and what cannot be read is said cell by cell."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gateway_platform import GatewayPlatform
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert.comms_window.v1 import opportunity_pb2
from malapert.payload.v1 import request_pb2
from malapert_core.errors import (
    ExhaustedError,
    Fault,
    InvalidInputError,
    MalapertError,
    NotFoundError,
    UnavailableError,
)
from malapert_gateway.exports.requests_table import read_requests_csv, requests_csv
from malapert_http_models.contracts.payload import Campaign, NewActivityRequest, Repetition, ValueDecay
from malapert_http_models.wire import WireModel

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,12}", fullmatch=True)
NUMBERS = st.floats(0, 1e9, allow_nan=False, allow_infinity=False)
# Text of every script and direction, with what tables are afraid of; a title is never blank. Control characters, line
# separators and noncharacters do not come in.
NONCHARACTERS = "\ufffe\uffff" + "".join(map(chr, range(0xFDD0, 0xFDF0)))
CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters=NONCHARACTERS)
BEGINS = st.sampled_from(["", "", "=", "-", "+", "@", "'", "'=", " ="])
TEXT = st.builds(str.__add__, BEGINS, st.text(CHARACTERS, min_size=1, max_size=40)).filter(lambda text: text.strip())
TIMES = st.integers(0, 10**8).map(lambda s: (datetime(2029, 1, 1, tzinfo=UTC) + timedelta(seconds=s)).isoformat())
WINDOWS = st.builds(lambda a, b: {"start_time": a, "end_time": b}, TIMES, TIMES)
RELATIONS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["AFTER", "EXCLUDES", "REQUIRES", "BEFORE", "TOGETHER", "NOT_WITH"]),
        "request_id": NAMES,
        "min_lag_s": NUMBERS,
        "max_lag_s": NUMBERS,
    }
)
ARGUMENTS = st.lists(
    st.fixed_dictionaries(
        {"parameter_id": NAMES, "value": st.floats(-1e6, 1e6), "unit": st.sampled_from(["", "m", "kg/m^2", "%"])}
    ),
    max_size=3,
)
RANGES = st.fixed_dictionaries(
    {"parameter_id": NAMES, "lowest": NUMBERS, "highest": NUMBERS},
    optional={"step": NUMBERS, "unit": st.sampled_from(["", "m"]), "lowest_share": st.floats(0, 1)},
)
MODES = st.fixed_dictionaries(
    {"mode_id": NAMES}, optional={"preset_id": NAMES, "arguments": ARGUMENTS, "share": st.floats(0, 1), "range": RANGES}
)
REQUESTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "request_id": NAMES,
        "title": TEXT,
        "activity_type_id": NAMES,
        "agency_id": NAMES,
        "value": NUMBERS,
        "visibility": st.sampled_from(["PUBLIC", "MISSION", "OWNER"]),
    },
    optional={
        "mandatory": st.booleans(),
        "activity_type_version": st.integers(0, 9),
        "preset_id": NAMES,
        "arguments": ARGUMENTS,
        "modes": st.lists(MODES, max_size=2),
        "place_ids": st.lists(NAMES, max_size=3),
        "windows": st.lists(WINDOWS, max_size=3),
        "relations": st.lists(RELATIONS, max_size=3),
        "repetition": st.fixed_dictionaries(
            {"count": st.integers(1, 99), "period_s": NUMBERS.filter(bool), "tolerance_s": NUMBERS},
            optional={
                "largest_gap_s": NUMBERS,
                "when_missed": st.sampled_from(["END", "SKIP"]),
                "least_count": st.integers(0, 99),
            },
        ),
        "campaign": st.fixed_dictionaries({"place_set_id": NAMES, "count": st.integers(1, 9)}),
        "decay": st.fixed_dictionaries(
            {"every_s": NUMBERS.filter(bool), "factor": st.floats(0.01, 0.99), "from_time": TIMES}
        ),
        "products": st.lists(
            st.fixed_dictionaries({"product_id": NAMES, "priority": st.integers(0, 9), "max_latency_s": NUMBERS}),
            max_size=2,
        ),
        "tags": st.lists(TEXT, max_size=3),
    },
)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(REQUESTS, max_size=4, unique_by=lambda each: each["request_id"]))
def test_a_table_gives_the_same_requests_back(values: list[dict[str, Any]]) -> None:
    requests = [NewActivityRequest.model_validate(each) for each in values]
    assert read_requests_csv(requests_csv(requests)) == requests


@pytest.mark.parametrize(
    "field", [each for each in NewActivityRequest.model_fields if each not in ("mission_id", "standing")]
)
def test_a_table_has_a_column_for_every_field_of_a_request(field: str) -> None:
    (header,) = requests_csv([]).decode().split()
    columns = header.removeprefix("\ufeff").split(",")
    parts: dict[str, type[WireModel]] = {"repetition": Repetition, "campaign": Campaign, "decay": ValueDecay}
    wanted = [f"{field}_{name}" for name in parts[field].model_fields] if field in parts else [field]
    assert set(wanted) <= set(columns)


def table(*rows: str) -> bytes:
    return "\n".join(("request_id,title,activity_type_id,agency_id,value,windows,mandatory,visibility", *rows)).encode()


def test_every_cell_that_cannot_be_read_is_named() -> None:
    bad = table(
        "a,A,t,JAXA,much,yesterday,perhaps,PUBLIC",
        "b,B,t,JAXA,1,,,PUBLIC",
        "c,C,t,JAXA,inf,2029-01-01/2029-01-02,true,OWNER",
        "d,D",
        "e,E,t,JAXA,1,,,",
    )
    with pytest.raises(InvalidInputError) as caught:
        read_requests_csv(bad)
    assert caught.value.reason == "INVALID_TABLE"
    assert [(fault.path, fault.code) for fault in caught.value.faults] == [
        ("rows[0].value", "INVALID_CELL"),
        ("rows[0].windows", "INVALID_CELL"),
        ("rows[0].mandatory", "INVALID_CELL"),
        ("rows[2].value", "INVALID_CELL"),
        ("rows[3].request_id", "WRONG_CELL_COUNT"),
        ("rows[4].visibility", "MISSING"),
    ]


@pytest.mark.parametrize(
    ("content", "path", "code"),
    [
        (b"", "header", "MISSING_COLUMN"),
        (b"request_id,title,activity_type_id,agency_id,value,colour\n", "header[5]", "UNKNOWN_COLUMN"),
        (b"request_id,title,activity_type_id,agency_id,value,value\n", "header[5]", "DUPLICATE_COLUMN"),
    ],
)
def test_a_header_must_be_known(content: bytes, path: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_requests_csv(content)
    assert (path, code) in [(fault.path, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'request_id,"title\n', "request_id;title".encode("utf-16")])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInputError, match="INVALID_TABLE"):
        read_requests_csv(content)


@pytest.mark.asyncio
async def test_files_go_in_and_out(sqlite_platform: GatewayPlatform) -> None:
    platform, address = sqlite_platform, "/api/v1/missions/lupex/requests"
    headers = platform.bearer("JAXA", "PLANNER")
    row = table("drill-a,氷を掘る,drill,JAXA,4.5,2029-01-10T00:00:00Z/2029-01-11T00:00:00Z,false,PUBLIC")
    answer = await platform.http.post(f"{address}:import", content=row, headers={**headers, "Content-Type": "text/csv"})
    assert answer.status_code == 200, answer.text
    (call,) = platform.services.asked("ImportRequests")
    assert call.requests[0].title == "氷を掘る"
    assert call.requests[0].windows[0].start_time.ToJsonString() == "2029-01-10T00:00:00Z"
    foreign = table("a,A,t,ISRO,1,,,PUBLIC")
    answer = await platform.http.post(
        f"{address}:import", content=foreign, headers={**headers, "Content-Type": "text/csv"}
    )
    assert (answer.status_code, answer.json()["reason"]) == (403, "FORBIDDEN")
    broken = {"requests": [{"request_id": 3}, {"value": "much"}]}
    answer = await platform.http.post(f"{address}:import", json=broken, headers=headers)
    assert answer.status_code == 422
    assert {error["path"] for error in answer.json()["errors"]} >= {"requests[0].request_id", "requests[1].value"}
    answer = await platform.http.post(
        f"{address}:import", content=b"<x/>", headers={**headers, "Content-Type": "application/xml"}
    )
    assert (answer.status_code, answer.json()["reason"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    for name in ("json", "csv"):
        answer = await platform.http.get(f"{address}:export?format={name}", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="requests.{name}"'


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("stated", "status"),
    [
        ("text/csv", 200), ("text/csv; charset=UTF-8", 200), ('text/csv;charset="utf-8"; header=present', 200),
        ("Text/CSV; Charset=US-ASCII", 200), ("text/csv; charset=iso-8859-1", 415), ("text/csv; charset=utf-16", 415),
        ("text/csv; header=absent", 415), ("text/csv; charset=", 415),
    ],
)  # fmt: skip
async def test_what_a_media_type_states_of_a_text_is_honoured_or_refused(
    sqlite_platform: GatewayPlatform, stated: str, status: int
) -> None:
    headers = {**sqlite_platform.bearer("JAXA", "PLANNER"), "Content-Type": stated}
    address = "/api/v1/missions/lupex/requests:import"
    answer = await sqlite_platform.http.post(address, content=table("a,A,t,JAXA,1,,,PUBLIC"), headers=headers)
    assert answer.status_code == status, answer.text
    if status == 415:
        (fault,) = answer.json()["errors"]
        assert (answer.json()["reason"], fault["path"]) == ("UNSUPPORTED_MEDIA_TYPE", "header.Content-Type")


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID"])
async def test_a_header_of_one_value_is_given_once(sqlite_platform: GatewayPlatform, name: str) -> None:
    given = {**sqlite_platform.bearer("JAXA"), "Content-Type": "text/csv", "Idempotency-Key": "a", "If-Match": '"1"'}
    headers = [*{**given, "Last-Event-ID": "1"}.items(), (name, '"2"')]
    address = "/api/v1/missions/lupex/requests:import"
    answer = await sqlite_platform.http.post(address, content=table("a,A,t,JAXA,1,,,PUBLIC"), headers=headers)
    assert answer.status_code == 422
    assert [(fault["path"], fault["code"]) for fault in answer.json()["errors"]] == [
        (f"header.{name}", "DUPLICATE_HEADER")
    ]


@pytest.mark.asyncio
async def test_a_file_of_a_hundred_megabytes_is_refused_whole(sqlite_platform: GatewayPlatform) -> None:
    headers = {**sqlite_platform.bearer("JAXA", "PLANNER"), "Content-Type": "text/csv"}
    row = b"r,Title,type,JAXA,1\n"
    content = b"request_id,title,activity_type_id,agency_id,value\n" + row * (100_000_000 // len(row))
    answer = await sqlite_platform.http.post("/api/v1/missions/lupex/requests:import", content=content, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")
    assert answer.json()["metadata"]["limit_bytes"] == str(32 * 1024 * 1024)
    assert not sqlite_platform.services.asked("ImportRequests")


@pytest.mark.asyncio
async def test_a_check_asks_the_windows_for_what_a_request_needs(sqlite_platform: GatewayPlatform) -> None:
    request = {"request_id": "a", "title": "A", "activity_type_id": "t", "agency_id": "JAXA", "value": 1.0}
    request |= {"visibility": "PUBLIC"}
    answer = await sqlite_platform.http.post(
        "/api/v1/missions/lupex/requests:check", json={"requests": [request]}, headers=sqlite_platform.bearer("JAXA")
    )
    assert answer.status_code == 200, answer.text
    names = {"faults", "predictions", "fault_count", "window_set_id", "opportunities", "opportunity_faults"}
    assert set(answer.json()) == names
    (asked,) = sqlite_platform.services.asked("FindOpportunities")
    (told,) = sqlite_platform.services.asked("CheckRequests")
    assert asked.mission_id == told.mission_id == "lupex"


async def checked(platform: GatewayPlatform, find: Callable[[Any], Any], predictions: int) -> dict[str, Any]:
    """Return the answer to a check of so many predictions whose windows are looked for by a script."""

    def check(_request: Any) -> request_pb2.CheckRequestsResponse:
        made = [request_pb2.RequestPrediction(request_id=f"r-{number}") for number in range(predictions)]
        return request_pb2.CheckRequestsResponse(predictions=made, fault_count=1)

    platform.services.answers |= {"CheckRequests": check, "FindOpportunities": find}
    address = "/api/v1/missions/lupex/requests:check"
    answer = await platform.http.post(address, json={"requests": []}, headers=platform.bearer("JAXA"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert (len(found["predictions"]), found["fault_count"]) == (predictions, 1)
    return found


def _found(asked: opportunity_pb2.FindOpportunitiesRequest) -> opportunity_pb2.FindOpportunitiesResponse:
    answers = [opportunity_pb2.OpportunityAnswer(key=query.key) for query in asked.queries]
    return opportunity_pb2.FindOpportunitiesResponse(window_set_id="windows-1", answers=answers)


@pytest.mark.asyncio
async def test_a_check_of_very_many_requests_looks_for_the_windows_of_each(sqlite_platform: GatewayPlatform) -> None:
    found = await checked(sqlite_platform, _found, 2500)
    assert [each["key"] for each in found["opportunities"]] == [f"r-{number}" for number in range(2500)]
    assert (found["window_set_id"], found["opportunity_faults"]) == ("windows-1", [])
    asked = sqlite_platform.services.asked("FindOpportunities")
    assert [len(each.queries) for each in asked] == [1000, 1000, 500]
    assert [each.window_set_id for each in asked] == ["", "windows-1", "windows-1"]
    assert {each.most for each in asked} == {40}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "error",
    [
        InvalidInputError("INVALID_OPPORTUNITY_QUERY", "no", faults=[Fault("queries[7].spans[0]", "EMPTY_SPAN", "e")]),
        UnavailableError("DATABASE_BUSY", "the database is busy"),
        ExhaustedError("TOO_MANY_CALLS", "too many calls"),
    ],
)
async def test_windows_that_are_not_found_hide_nothing_of_a_check(
    sqlite_platform: GatewayPlatform, error: MalapertError
) -> None:
    def refuse_the_second(asked: opportunity_pb2.FindOpportunitiesRequest) -> Any:
        if asked.window_set_id:
            raise error
        return _found(asked)

    found = await checked(sqlite_platform, refuse_the_second, 1500)
    assert len(found["opportunities"]) == 1000
    (fault,) = found["opportunity_faults"]
    assert (fault["path"], fault["code"]) == ("opportunities", error.reason)
    assert "500 of 1500 predictions" in fault["message"]
    assert all(each.path in fault["message"] for each in error.faults)


@pytest.mark.asyncio
async def test_a_window_set_that_is_not_there_is_refused(sqlite_platform: GatewayPlatform) -> None:
    def refuse(asked: Any) -> Any:
        raise NotFoundError("window set", asked.window_set_id)

    sqlite_platform.services.answers["FindOpportunities"] = refuse
    address = "/api/v1/missions/lupex/requests:check?window_set_id=nothing"
    answer = await sqlite_platform.http.post(address, json={"requests": []}, headers=sqlite_platform.bearer("JAXA"))
    assert (answer.status_code, answer.json()["reason"]) == (404, "UNKNOWN_WINDOW_SET")


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["instrument", "activity-type", "request"])
async def test_schemas_are_published(sqlite_platform: GatewayPlatform, name: str) -> None:
    import jsonschema

    answer = await sqlite_platform.http.get(f"/api/v1/schemas/{name}", headers=sqlite_platform.bearer("JAXA", "VIEWER"))
    schema = answer.json()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["additionalProperties"] is False


def test_every_field_of_a_request_has_its_columns() -> None:
    header = requests_csv([]).decode().strip().split(",")
    fields = set(NewActivityRequest.model_fields)
    assert {name for name in fields if not any(re.fullmatch(f"{name}(_.+)?", column) for column in header)} == set()
