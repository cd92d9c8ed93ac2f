"""What a query may hold: parameters that a call has, once where one is meant, and a filter for every state and kind."""

import inspect
import re
from typing import Any

import pytest
from gateway_document import DOCUMENT
from gateway_platform import GatewayPlatform
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from malapert.comms_window.v1 import contact_pb2
from malapert_gateway.app import API_ROUTERS
from malapert_gateway.conversion import enum_prefix
from malapert_gateway.services.clients import GRPC_SERVICES

PLURALS = {
    "status": "statuses",
    "visibility": "visibilities",
    "predictability": "predictabilities",
    "pending": "pending_steps",
}


def operations() -> list[tuple[str, str]]:
    return [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]


def address(path: str) -> str:
    samples = {"{layer}": "ELEVATION", "{level}": "1", "{column}": "1", "{row}": "1", "{version}": "1"}
    if path.startswith("/api/v1/schemas"):
        return "/api/v1/schemas/request"
    for name, value in samples.items():
        path = path.replace(name, value)
    return "/".join("a" + part.partition("}")[2] if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.asyncio
async def test_every_call_refuses_what_its_query_does_not_have(sqlite_platform: GatewayPlatform) -> None:
    for method, path in operations():
        answer = await sqlite_platform.http.request(
            method,
            address(path) + "?no_such=1",
            headers=sqlite_platform.bearer_for(DOCUMENT["paths"][path][method]["operationId"]),
        )
        if answer.status_code in (403, 415):  # what comes before the call is understood
            continue
        problem = answer.json()
        assert answer.status_code == 422, (method, path, problem)
        (fault,) = [fault for fault in problem["errors"] if fault["path"] == "query.no_such"]
        assert fault["code"] == "UNKNOWN_PARAMETER"
        names = sorted(
            each["name"] for each in DOCUMENT["paths"][path][method].get("parameters", []) if each["in"] == "query"
        )
        assert fault["message"].endswith("allowed: " + (", ".join(names) or "none"))
    assert sqlite_platform.services.calls == []


@pytest.mark.asyncio
async def test_one_value_is_one_value(sqlite_platform: GatewayPlatform) -> None:
    tried = 0
    for path, methods in DOCUMENT["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            if parameter["in"] != "query" or "array" in str(parameter["schema"]):
                continue
            name = parameter["name"]
            answer = await sqlite_platform.http.get(
                f"{address(path)}?{name}=1&{name}=1",
                headers=sqlite_platform.bearer_for(methods["get"]["operationId"]),
            )
            assert answer.status_code == 422, (path, name)
            faults = [(fault["path"], fault["code"]) for fault in answer.json()["errors"]]
            assert (f"query.{name}", "DUPLICATE_PARAMETER") in faults
            tried += 1
    assert tried > 30


@pytest.mark.asyncio
@pytest.mark.parametrize("text", ["1_0", "%205", "5%20", "5%0A"])
async def test_a_number_is_written_as_in_every_document(sqlite_platform: GatewayPlatform, text: str) -> None:
    for asked in (f"contacts?page_size={text}", f"terrain-stacks/s/layers/light?longitude_deg={text}"):
        answer = await sqlite_platform.http.get(f"/api/v1/{asked}", headers=sqlite_platform.bearer())
        assert answer.status_code == 422
        name = asked.partition("?")[2].partition("=")[0]
        assert (f"query.{name}", "NUMBER_FORM") in [(fault["path"], fault["code"]) for fault in answer.json()["errors"]]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page_size=1_0", "NUMBER_FORM"),
        ("page_size=%D9%A1", "NUMBER_FORM"),
        ("page_size=5.0", "INT_PARSING"),
        ("page_size=%205", "NUMBER_FORM"),
        ("only_holding=yes", "BOOL_PARSING"),
        ("only_holding=1", "BOOL_PARSING"),
        ("mission_id=%20lupex", "BLANKS"),
        ("mission_id=lupex%C2%A0", "BLANKS"),
        ("mission_id=lu%C2%85pex", "CONTROL_CHARACTER"),
    ],
)
async def test_values_are_spelt_as_in_bodies(sqlite_platform: GatewayPlatform, query: str, code: str) -> None:
    answer = await sqlite_platform.http.get(f"/api/v1/contacts?{query}", headers=sqlite_platform.bearer())
    faults = [(fault["path"], fault["code"]) for fault in answer.json()["errors"]]
    assert (answer.status_code, faults) == (422, [(f"query.{query.partition('=')[0]}", code)])


@pytest.mark.asyncio
@pytest.mark.parametrize("step_s", ["nan", "inf", "1e400"])
async def test_numbers_are_spelt_as_in_bodies(sqlite_platform: GatewayPlatform, step_s: str) -> None:
    span = "start_time=2029-01-16T00:00:00Z&end_time=2029-01-17T00:00:00Z"
    path = f"/api/v1/orbiters/relay-1/oem?{span}&step_s={step_s}"
    answer = await sqlite_platform.http.get(path, headers=sqlite_platform.bearer())
    assert [(f["path"], f["code"]) for f in answer.json()["errors"]] == [("query.step_s", "FLOAT_PARSING")]


@pytest.mark.asyncio
async def test_identifiers_have_no_blanks_around_them(sqlite_platform: GatewayPlatform) -> None:
    in_path = await sqlite_platform.http.get("/api/v1/missions/%20lupex", headers=sqlite_platform.bearer())
    assert [(f["path"], f["code"]) for f in in_path.json()["errors"]] == [("path.mission_id", "BLANKS")]


@pytest.mark.asyncio
async def test_all_faults_of_a_call_come_back_at_once(sqlite_platform: GatewayPlatform) -> None:
    answer = await sqlite_platform.http.post(
        "/api/v1/missions/lupex/requests?validate_only=maybe&dry_run=1&validate_only=true",
        json={"requests": [], "more": 1},
        headers=sqlite_platform.bearer(),
    )
    found = {(fault["path"], fault["code"]) for fault in answer.json()["errors"]}
    assert {
        ("query.dry_run", "UNKNOWN_PARAMETER"),
        ("query.validate_only", "DUPLICATE_PARAMETER"),
        ("more", "EXTRA_FORBIDDEN"),
    } <= found


@pytest.mark.asyncio
async def test_a_filter_goes_through_by_value(sqlite_platform: GatewayPlatform) -> None:
    asked = "/api/v1/contacts?states=TENTATIVE&states=CANCELLED"
    answer = await sqlite_platform.http.get(asked, headers=sqlite_platform.bearer())
    assert answer.status_code == 200
    (request,) = sqlite_platform.services.asked("ListContacts")
    assert list(request.states) == [contact_pb2.CONTACT_STATE_TENTATIVE, contact_pb2.CONTACT_STATE_CANCELLED]
    refused = await sqlite_platform.http.get("/api/v1/contacts?states=HELD", headers=sqlite_platform.bearer())
    assert refused.status_code == 422
    assert "TENTATIVE" in refused.json()["errors"][0]["message"]


def _rows(method: MethodDescriptor) -> FieldDescriptor | None:
    repeated = [field for field in method.output_type.fields if field.is_repeated and field.message_type is not None]
    return repeated[0] if len(repeated) == 1 else None


def listings() -> list[MethodDescriptor]:
    pool = descriptor_pool.Default()
    services = sorted({name for names in GRPC_SERVICES.values() for name in names})
    methods = [method for name in services for method in pool.FindServiceByName(name).methods]
    return [method for method in methods if _rows(method) is not None and method.name.startswith("List")]


@pytest.mark.parametrize("listing", listings(), ids=lambda listing: listing.name)
def test_each_state_and_kind_of_a_listing_can_be_filtered_by(listing: MethodDescriptor) -> None:
    rows = _rows(listing)
    assert rows is not None
    every: list[Any] = [route for router in API_ROUTERS for route in router.routes]
    routes = [route for route in every if re.search(rf"{listing.name}\b", _calls(route.endpoint))]
    for field in rows.message_type.fields:
        if field.enum_type is None or field.is_repeated:
            continue
        plural = PLURALS.get(field.name, field.name + "s")
        wanted = listing.input_type.fields_by_name[plural]
        assert wanted.is_repeated
        assert wanted.enum_type is field.enum_type
        shown = [route for route in routes if "GET" in route.methods and "list" in route.name]
        assert shown, listing.name
        prefix = enum_prefix(field.enum_type)
        for route in shown:
            (parameter,) = [
                each
                for each in DOCUMENT["paths"][f"/api/v1{route.path}"]["get"]["parameters"]
                if each["name"] == plural
            ]
            values = [value.name.removeprefix(prefix) for value in field.enum_type.values[1:]]
            assert _enum_of(parameter["schema"]) == values


def _calls(endpoint: Any) -> str:
    source = inspect.getsource(endpoint)
    return source + "ListOperations" if "gateway.operations.page" in source else source


def _enum_of(schema: dict[str, Any]) -> list[str]:
    (array,) = [part for part in schema.get("anyOf", [schema]) if part.get("type") == "array"]
    item = array["items"]
    if "$ref" in item:
        item = DOCUMENT["components"]["schemas"][item["$ref"].rsplit("/", 1)[-1]]
    found: list[str] = item["enum"]
    return found


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/missions/lupex/requests?agency_id=%E9", "query.agency_id"),
        ("/missions/lupex/requests?agency_id=%EF%BF%BD", "query.agency_id"),
        ("/orbiters/%FF", "path.orbiter_id"),
    ],
)
async def test_text_that_is_no_utf_8_is_refused(sqlite_platform: GatewayPlatform, target: str, path: str) -> None:
    """A server reads it with U+FFFD in its place: the name asked for would be another."""
    answer = await sqlite_platform.http.get(f"/api/v1{target}", headers=sqlite_platform.bearer())
    assert answer.status_code == 422
    assert [(fault["path"], fault["code"]) for fault in answer.json()["errors"]] == [(path, "NOT_UTF8")]
    assert sqlite_platform.services.calls == []
