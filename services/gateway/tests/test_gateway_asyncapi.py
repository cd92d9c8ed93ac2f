"""The AsyncAPI document, held against the standard's schema and against what the feed tells."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from gateway_platform import GatewayPlatform
from malapert.payload.v1 import event_pb2 as payload_event_pb2
from malapert.planner.v1 import event_pb2, plan_pb2
from malapert_core.events.registry import event_types
from malapert_core.timestamps import utc_now
from malapert_gateway.asyncapi import document
from malapert_gateway.conversion import to_values
from malapert_gateway.models.event import EventNotice, EventVisibility

STANDARD = Path(__file__).parents[4] / "shared" / "reference" / "standards" / "asyncapi" / "3.0.0.json"


def test_the_document_keeps_the_standards_schema() -> None:
    if not STANDARD.exists():
        pytest.skip("the AsyncAPI schema of ../shared/reference is not on this machine")
    schema = json.loads(STANDARD.read_text())
    assert list(jsonschema.Draft7Validator(schema).iter_errors(document("1"))) == []


def test_every_event_has_a_channel_and_a_place_in_the_feed() -> None:
    described = document("1")
    assert described["channels"].keys() == {"feed", *event_types()}
    told = {message.removesuffix("Notice") for message in described["channels"]["feed"]["messages"]}
    assert told == {kind.message_class.DESCRIPTOR.name for kind in event_types().values()}


def test_every_reference_leads_somewhere() -> None:
    described = document("1")

    def lead(part: Any) -> None:
        if isinstance(part, dict):
            if reference := part.get("$ref"):
                found = described
                for name in reference.removeprefix("#/").split("/"):
                    found = found[name]
            for item in part.values():
                lead(item)
        elif isinstance(part, list):
            for item in part:
                lead(item)

    lead(described)


@pytest.mark.parametrize(
    "message",
    [
        event_pb2.PlanReleased(plan=event_pb2.PlanSummary(plan_id="p-1", state=plan_pb2.PLAN_STATE_RELEASED)),
        payload_event_pb2.RequestChanged(revised=True),
    ],
)
def test_what_the_feed_tells_is_as_described(message: Any) -> None:
    described = document("1")
    name = message.DESCRIPTOR.name
    subject = next(s for s, kind in event_types().items() if kind.message_class.DESCRIPTOR.name == name)
    notice = EventNotice(
        event_id="e-1",
        type=subject,
        source="/malapert/test",
        time=utc_now(),
        entity_id="x",
        agency_id="JAXA",
        mission_id="lupex",
        visibility=EventVisibility.MISSION,
        data=to_values(message),
    )
    told = {**described["components"]["messages"][f"{name}Notice"]["payload"], "components": described["components"]}
    jsonschema.Draft7Validator(told).validate(notice.model_dump(mode="json"))
    other = notice.model_dump(mode="json") | {"type": "malapert.planner.v1.plan.forgotten"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(told).validate(other)


@pytest.mark.asyncio
async def test_the_document_is_open_to_all(sqlite_platform: GatewayPlatform) -> None:
    answer = await sqlite_platform.http.get("/asyncapi.json")
    assert answer.status_code == 200
    assert answer.json() == document(answer.json()["info"]["version"])
