"""Models of outages, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.comms_window.v1 import outage_pb2
from pydantic import Field, Strict

from malapert_gateway.models.contact import Contact
from malapert_gateway.models.shared import Interval
from malapert_gateway.models.wire import WireModel


class OutageKind(StrEnum):
    """Why an antenna cannot be used."""

    MAINTENANCE = "MAINTENANCE"  # Planned work.
    FAILURE = "FAILURE"  # A failure.
    ENVIRONMENT = "ENVIRONMENT"  # Weather or interference.
    RESERVED = "RESERVED"  # Kept for somebody outside the contact book.


class Outage(WireModel):
    """A time in which an antenna cannot be used."""

    message_type: ClassVar[type[Message]] = outage_pb2.Outage

    outage_id: str = Field(description="Identifier.", examples=["outage-77ab"])
    station_id: str = Field(description="The station.", examples=["esa-mlg"])
    interval: Interval | None = Field(None, description="When.")
    kind: Annotated[OutageKind, Strict(False)] | None = Field(None, description="Why.", examples=["MAINTENANCE"])
    reason: str = Field(description="Words for a person.", examples=["hydraulics"])
    agency_id: str = Field(description="The agency that put it in.", examples=["ESA"])


class AddOutageRequest(WireModel):
    """Asks for an outage."""

    message_type: ClassVar[type[Message]] = outage_pb2.AddOutageRequest

    station_id: str = Field(description="The station.", examples=["esa-mlg"])
    interval: Interval = Field(description="When.")
    kind: Annotated[OutageKind, Strict(False)] = Field(description="Why.", examples=["MAINTENANCE"])
    reason: str = Field("", description="Words for a person.", examples=["hydraulics"])
    move_contacts: bool = Field(
        False,
        description="True moves a contact that was taken from a window to an antenna of the same complex that is "
        "free, where there is one.",
        examples=[True],
    )


class OutageEffect(WireModel):
    """The outage and what it did."""

    message_type: ClassVar[type[Message]] = outage_pb2.AddOutageResponse

    outage: Outage | None = Field(None, description="The outage.")
    cancelled: list[Contact] = Field(description="Contacts that were cancelled, as they are now.")
    moved: list[Contact] = Field(
        description="Contacts that took the place of cancelled ones, in the order of `moved_from`."
    )
    moved_from: list[str] = Field(
        description="Identifiers of the cancelled contacts that were moved.", examples=[["contact-9a1f"]]
    )


class OutagePage(WireModel):
    """A page of outages."""

    message_type: ClassVar[type[Message]] = outage_pb2.ListOutagesResponse

    outages: list[Outage] = Field(description="The outages.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])
