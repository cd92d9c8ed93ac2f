"""Models of missions, one for one with the contract's messages."""

from typing import Any, ClassVar

from google.protobuf.message import Message
from malapert.planner.v1 import mission_pb2
from pydantic import Field

from malapert_gateway.models.shared import Interval
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class Mission(WireModel):
    """A mission version."""

    message_type: ClassVar[type[Message]] = mission_pb2.Mission

    mission_id: str = Field(description="Identifier, such as lupex.", examples=["lupex"])
    version: UInt32 = Field(description="Version, from 1.", examples=[1])
    title: str = Field(description="Title for a person.", examples=["LUPEX reference mission"])
    agency_ids: list[str] = Field(
        description="The agencies that take part.", examples=[["JAXA", "ISRO", "NASA", "ESA"]]
    )
    reviewer_agency_ids: list[str] = Field(
        description="The agencies that must approve a plan.", examples=[["JAXA", "ISRO"]]
    )
    horizon: Interval | None = Field(None, description="The surface span that is planned.")
    document: dict[str, Any] | None = Field(
        None,
        description="The document as JSON, figures with source and confidence.",
        examples=[{"mission_id": "lupex"}],
    )
    content_hash: str = Field(description="sha256 of the canonical document.", examples=["sha256:9f2c"])
    owner_agency_id: str = Field(description="The agency that brought it in.", examples=["JAXA"])
    created_time: UtcTime | None = Field(None, description="When it was brought in.", examples=["2026-11-22T12:00:00Z"])


class MissionPage(WireModel):
    """A page of missions, without their documents."""

    message_type: ClassVar[type[Message]] = mission_pb2.ListMissionsResponse

    missions: list[Mission] = Field(description="The missions.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])
