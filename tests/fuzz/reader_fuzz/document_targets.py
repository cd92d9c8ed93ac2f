"""Readers of documents: missions, bodies of the API, plans of 529.1, schedules of 902.1, tables, units."""

import csv
import importlib
import io
import json
import math
import random
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml
from google.protobuf import symbol_database
from malapert.payload.v1 import request_pb2
from malapert_core.documents.json_text import read_json, read_json_tree
from malapert_core.documents.nodes import DocumentError
from malapert_core.documents.yaml_text import read_yaml_tree
from malapert_core.errors import InvalidInputError
from malapert_core.vocabulary.units import UnknownUnitError, WrongUnitError, convert
from malapert_gateway.app import create_app
from malapert_gateway.conversion import to_message
from malapert_gateway.exports.mps_plan_reading import read_mps_plan
from malapert_gateway.exports.requests_table import read_requests_csv, requests_csv
from malapert_gateway.exports.simple_schedule_reading import read_simple_schedule
from malapert_gateway.problems import fault_of
from malapert_gateway.routes.guarded import read_body
from malapert_http_models.contracts.payload import ImportRequests, NewActivityRequest
from malapert_http_models.wire import WireModel
from malapert_planner.mission_document import read_document, refuse
from pydantic import ValidationError

from reader_fuzz.extremes import NUMBERS, WORDS
from reader_fuzz.forms import mutate_json, mutate_table, mutate_xml, mutate_yaml
from reader_fuzz.running import Contradiction, Target

MISSIONS = Path(__file__).parents[3] / "missions"
SPAN = (datetime(1950, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC))
_REFUSALS = (DocumentError, InvalidInputError, ValidationError)


def _missions() -> list[bytes]:
    return [(MISSIONS / f"{name}.yaml").read_bytes() for name in ("science-orbiter", "isru-pilot", "station-arm")]


def _mission_bodies() -> list[bytes]:
    return [json.dumps(read_yaml_tree(content).plain()).encode() for content in _missions()]


def read_mission_yaml(content: bytes) -> None:
    """Read a mission file; what is taken has the structure and the scalars that PyYAML finds in it."""
    plain = read_yaml_tree(content).plain()
    _compare_yaml(plain, yaml.load(content.decode("utf-8-sig"), Loader=yaml.CBaseLoader), "")
    refuse(read_document(json.dumps(plain).encode(), SPAN)[1])


def _compare_yaml(own: Any, texts: Any, path: str) -> None:
    """Compare plain data with what has every scalar as its text."""
    if isinstance(own, dict) and isinstance(texts, dict) and own.keys() == texts.keys():
        for key, value in own.items():
            _compare_yaml(value, texts[key], f"{path}.{key}")
    elif isinstance(own, list) and isinstance(texts, list) and len(own) == len(texts):
        for index, value in enumerate(own):
            _compare_yaml(value, texts[index], f"{path}[{index}]")
    elif not isinstance(texts, str) or not _says(texts, own):
        raise Contradiction(f"{path} is {own!r:.200}; its text is {texts!r:.200}")


def _says(text: str, value: Any) -> bool:
    if isinstance(value, str):
        return value == text
    if value is None:
        return text in ("", "~", "null", "Null", "NULL")
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, int) and re.fullmatch(r"0o[0-7]+|0x[0-9a-fA-F]+", text):
        return value == int(text, 0)
    return isinstance(value, (int, float)) and math.isfinite(value) and float(value) == float(text)


def read_mission_json(content: bytes) -> None:
    """Read a mission as the planner is given it; what is taken is what Python's own reader finds."""
    plain = read_json(content)
    if plain != json.loads(content.decode("utf-8-sig")) or read_json_tree(content).plain() != plain:
        raise Contradiction("the plain data differ from Python's own")
    refuse(read_document(content, SPAN)[1])


@cache
def _bodies() -> dict[str, tuple[type[WireModel], Any, bytes]]:
    """Models of bodies that have a message of their own, with that and an example."""
    schemas = create_app().openapi()["components"]["schemas"]
    known = {each.__name__: each for each in _subclasses(WireModel)}
    messages = {name.rpartition(".")[2]: name for name in _message_names()}
    found = {}
    for schema in schemas:
        name = schema.removesuffix("-Input")
        message = messages.get(name, messages.get(f"{name}Request"))
        if name in known and message and (name.endswith("Request") or f"{name}Request" in messages):
            example = json.dumps(_example(schemas[schema], schemas, 0)).encode()
            try:
                known[name].model_validate(read_json(example))
            except ValidationError:
                continue
            found[name] = (known[name], symbol_database.Default().GetSymbol(message), example)
    return found


def _subclasses(base: type[Any]) -> list[type[Any]]:
    return [each for child in base.__subclasses__() for each in (child, *_subclasses(child))]


def _message_names() -> list[str]:
    names = []
    for area in ("payload", "planner", "landing_site", "comms_window"):
        for file in (MISSIONS.parent / "proto" / "malapert" / area / "v1").glob("*.proto"):
            descriptor = importlib.import_module(f"malapert.{area}.v1.{file.stem}_pb2").DESCRIPTOR
            names += [message.full_name for message in descriptor.message_types_by_name.values()]
    return names


def _example(schema: dict[str, Any], schemas: dict[str, Any], depth: int) -> Any:
    """Return an example of a schema: its own, its default, or one of its parts'."""
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], schemas, depth)
    if schema.get("type") == "object":
        needed = schema.get("required", ())
        properties = schema.get("properties", {}).items()
        return {name: _example(each, schemas, depth + 1) for name, each in properties if name in needed or depth < 2}
    if schema.get("type") == "array":
        return [_example(schema["items"], schemas, depth + 1)]
    usual = {"string": "2029-03-01T00:00:00Z" if schema.get("format") == "date-time" else "a", "boolean": True}
    return schema.get("const", schema.get("default", usual.get(str(schema.get("type")), schema.get("minimum", 1))))


def _body_seeds() -> list[bytes]:
    return [name.encode() + b"\n" + example for name, (_, _, example) in _bodies().items()]


def _mutate_body(rng: random.Random, content: bytes) -> bytes:
    name, _, body = content.partition(b"\n")
    return name + b"\n" + mutate_json(rng, body)


def read_api_body(content: bytes) -> None:
    """Read a body as the gateway does, and translate it into the message that goes on."""
    name, _, body = content.partition(b"\n")
    model, message, _ = _bodies()[name.decode()]
    plain = read_body(body)
    if plain != json.loads(body.decode("utf-8-sig")):
        raise Contradiction("the plain data differ from Python's own")
    try:
        validated = model.model_validate(plain)
    except ValidationError as error:
        faults = [fault_of({**item, "loc": ("body", *item["loc"])}) for item in error.errors()]
        raise InvalidInputError("INVALID_REQUEST", "the request breaks its schema", faults=faults) from error
    to_message(validated, message)


def _trigger(time: str) -> dict[str, str]:
    return {"type": "TimeTrigger", "time": time, "triggerTime": time}


def _plans() -> list[bytes]:
    def activity(key: str, start: str, end: str, duration_s: float) -> dict[str, Any]:
        arguments = [
            {"argName": name, "count": 1, "argValues": [value]} for name, value in (("asset", "rover"), ("power", 4.5))
        ]
        return {
            "key": key, "definition": "survey", "source": key.partition("/")[0], "relatedEvent": None,
            "children": [], "comments": "c",
            "constraints": None, "arguments": arguments, "start": _trigger(start), "end": _trigger(end),
            "duration": duration_s,
            "subPlan": None, "tags": [], "status": "PLANNED", "executionInstance": None, "returnData": [],
            "statusInfo": None,
            "errorCode": None, "errorInfo": None,
        }  # fmt: skip

    items = [
        activity("a/0/b", "2029-03-05T08:30:00Z", "2029-03-05T09:00:00Z", 1800.0),
        activity("a/1/b", "2029-03-05T10:30:00.500Z", "2029-03-05T11:00:00.500Z", 1800.0),
    ]
    information = {
        "originator": "JAXA", "productionDate": "2029-01-01T00:00:00Z", "description": "d", "comments": "c",
        "validityStart": "2029-03-05T00:00:00Z",
        "validityEnd": "2029-03-10T00:00:00Z", "timeSystem": "UTC", "planPeriodStart": _trigger("2029-03-05T00:00:00Z"),
        "planPeriodEnd": _trigger("2029-03-10T00:00:00Z"),
    }  # fmt: skip
    plan = {
        "key": "p", "isPatchPlan": False, "precursorPlan": None, "targetPlan": None, "information": information,
        "items": {"plannedEvents": [], "plannedActivities": items}, "revisions": None, "isAlternate": False,
        "status": "DRAFT", "statusInfo": None,
    }  # fmt: skip
    definition: dict[str, Any] = {
        "key": "survey",
        "description": "d",
        "argDefs": [],
        "constraints": None,
        "defaultTags": [],
    }
    document = {
        "domain": ["malapert", "m"],
        "timeSystem": "UTC",
        "activityDefinitions": [definition],
        "resources": [],
        "plan": plan,
    }
    return [json.dumps(document).encode()]


def read_plan(content: bytes) -> None:
    """Read a plan of 529.1; the items taken are the file's, at its times."""
    document = read_body(content, checks_text=False)
    if not isinstance(document, dict):
        raise InvalidInputError("INVALID_REQUEST", "no object")
    read = read_mps_plan(document)
    found = json.loads(content.decode("utf-8-sig"))["plan"]["items"]["plannedActivities"]
    if len(read) != len(found):
        raise Contradiction(f"{len(read)} items are read of {len(found)}")
    for item, activity in zip(read, found, strict=True):
        start = datetime.fromisoformat(activity["start"]["time"].upper())
        if start.tzinfo is None or abs(item.interval.start_time.ToDatetime(UTC) - start) > timedelta(microseconds=1):
            raise Contradiction(f"{activity['start']['time']} is read as {item.interval.start_time.ToJsonString()}")


def _schedules() -> list[bytes]:
    activities = "".join(
        f'<scheduledActivity scheduledActivityId="a{number}" activityStatus="COMMITTED" '
        f'siteRef="X" apertureRef="esa-mlg" '
        f'beginningOfTrack="2029-36{number}T10:00:00Z" endOfTrack="2029-36{number}T12:00:00Z" '
        f'beginningOfActivity="2029-36{number}T09:30:00Z" endOfActivity="2029-36{number}T12:10:00Z">'
        "</scheduledActivity>\n"
        for number in (1, 2, 3)
    )
    return [
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<simpleSchedule xmlns="urn:ccsds:schema:cssm:1.0.0" srvMgtEntityType="SIMPLE_SCHEDULE">\n'
            '<simpleScheduleHeader originatingOrganization="TESTNET" generationTime="2029-300T00:00:00Z" '
            'status="OPERATIONAL" '
            'inclusionType="OVERLAP_INCLUSION" version="1" '
            'startTime="2029-360T00:00:00Z" endTime="2030-002T00:00:00Z"/>\n'
            f'<scheduledPackage user="HOPPER" comment="" scheduledPackageId="p1">\n{activities}</scheduledPackage>'
            "</simpleSchedule>"
        ).encode()
    ]


def read_schedule(content: bytes) -> None:
    """Read a schedule of 902.1; the activities taken are the file's, at the days of year that Python finds in it."""
    schedule = read_simple_schedule(content)
    parser = ElementTree.XMLParser(encoding="utf-8")
    try:
        root = ElementTree.fromstring(content.decode("utf-8-sig").encode(), parser)
    except ElementTree.ParseError:
        # It cannot have a namespace with a brace in its name.
        return
    elements = [each for each in root.iter() if str(each.tag).rpartition("}")[2] == "scheduledActivity"]
    tracks = [each.attrib["beginningOfTrack"] for each in elements]
    if len(schedule.activities) != len(tracks):
        raise Contradiction(f"{len(schedule.activities)} activities are read of {len(tracks)}")
    for activity, track in zip(schedule.activities, tracks, strict=True):
        plain = track.strip().removesuffix("Z").removesuffix("+00:00")
        form = "%Y-%jT%H:%M:%S" if re.match(r"\d{4}-\d{3}T", plain) else "%Y-%m-%dT%H:%M:%S"
        start = datetime.strptime(plain, form + (".%f" if "." in plain else "")).replace(tzinfo=UTC)
        if abs(activity.track[0] - start) > timedelta(microseconds=1):
            raise Contradiction(f"{track} is read as {activity.track[0]}")


def _tables() -> list[bytes]:
    requests = [
        NewActivityRequest(
            request_id=f"r-{number}",
            title=f'Survey, "{number}"',
            activity_type_id="site-survey",
            agency_id="JAXA",
            value=1.5 * number,
            place_ids=["lander", "ridge"],
            visibility="MISSION",
        )
        for number in range(1, 4)
    ]
    return [requests_csv(requests)]


def read_requests(content: bytes) -> None:
    """Read a table of requests; the rows taken are those that Python's own reader finds, with their values."""
    requests = read_requests_csv(content)
    rows = [
        row
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        if any(cell.strip() for cell in row)
    ]
    header = [name.strip() for name in rows[0]] if rows else []
    if len(requests) != len(rows) - 1:
        raise Contradiction(f"{len(requests)} requests are read of {len(rows) - 1} rows")
    for request, row in zip(requests, rows[1:], strict=True):
        cells = dict(zip(header, row, strict=False))
        if request.request_id.strip() not in _texts_of(cells["request_id"]) or request.value != float(cells["value"]):
            raise Contradiction(f"row {row!r:.200} is read as {request.request_id!r} of {request.value}")
    to_message(ImportRequests(requests=requests), request_pb2.ImportRequestsRequest, mission_id="m")


def _texts_of(cell: str) -> tuple[str, ...]:
    """Return a cell's text, and without the apostrophe that an export puts before what begins a formula."""
    begins_formula = cell.startswith("'") and cell.lstrip("' ").startswith(tuple("=+-@"))
    return (cell[1:].strip(),) if begins_formula else (cell.strip(), cell.removeprefix("'").strip())


_UNITS = (
    "W\nkW", "Wh\nMWh", "m\nkm", "deg\nrad", "s\nh", "bit\nGbit", "bit/s\nkbit/s", "kg\ng", "W/deg\nW/rad",
    "m/s\nkm/h", "1\n%", "Wh\nJ",
)  # fmt: skip


def _mutate_unit(rng: random.Random, content: bytes) -> bytes:
    own, _, other = content.decode().partition("\n")
    pieces = (
        "*",
        "/",
        "**2",
        "**9999999",
        "^",
        "(",
        ")",
        " ",
        "µ",
        "Ω",
        "k",
        "mega",
        "per",
        "1e9",
        "lambda",
        "__import__",
        "_",
        *NUMBERS[:20],
        *WORDS[:30],
    )
    for _ in range(rng.choice((1, 2, 3))):
        at = rng.randrange(len(own) + 1)
        own = rng.choice(
            (own[:at] + rng.choice(pieces) + own[at:], own + rng.choice(pieces), own[:at] + own[at + 1 :], other)
        )
        if rng.random() < 0.2:
            own, other = other, own
    return f"{own}\n{other}".encode("utf-8", "replace")


def read_unit(content: bytes) -> None:
    """Convert an amount there and back; what is taken comes back, and keeps its order."""
    own, _, other = content.decode("utf-8", "replace").partition("\n")
    try:
        amounts = [convert(amount, own, other) for amount in (1.0, 2.0, 5.0)]
        back = [convert(amount, other, own) for amount in amounts]
    except (UnknownUnitError, WrongUnitError) as error:
        raise InvalidInputError("WRONG_UNIT", f"{type(error).__name__}: {error}") from error
    if not all(
        math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-9) for one, two in zip(back, (1.0, 2.0, 5.0), strict=True)
    ):
        raise Contradiction(f"{own!r} and {other!r}: {amounts} comes back as {back}")
    if not all(math.isfinite(amount) for amount in amounts) or any(one == two for one, two in pairwise(amounts)):
        raise Contradiction(f"{own!r} in {other!r}: {amounts}")


TARGETS = {
    target.name: target
    for target in (
        Target("mission-yaml", _missions, mutate_yaml, read_mission_yaml, _REFUSALS),
        Target("mission-json", _mission_bodies, mutate_json, read_mission_json, _REFUSALS),
        Target("api-bodies", _body_seeds, _mutate_body, read_api_body, _REFUSALS),
        Target("plan-529", _plans, mutate_json, read_plan, _REFUSALS),
        Target("schedule-902", _schedules, mutate_xml, read_schedule, _REFUSALS),
        Target("requests-csv", _tables, mutate_table, read_requests, _REFUSALS),
        Target("units", lambda: [unit.encode() for unit in _UNITS], _mutate_unit, read_unit, _REFUSALS),
    )
}
