"""Models of contacts, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.comms_window.v1 import contact_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Interval
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class ContactState(StrEnum):
    """Where a contact stands."""

    TENTATIVE = "TENTATIVE"  # Held, not yet promised.
    COMMITTED = "COMMITTED"  # Promised.
    ACTIVE = "ACTIVE"  # Under way.
    COMPLETED = "COMPLETED"  # Done.
    REJECTED = "REJECTED"  # Refused.
    CANCELLED = "CANCELLED"  # Given back.
    FAILED = "FAILED"  # Lost.


class ContactRequest(WireModel):
    """What is asked of one antenna."""

    message_type: ClassVar[type[Message]] = contact_pb2.ContactRequest

    station_id: str = Field(description="The station.", examples=["esa-mlg"])
    asset_id: str = Field(description="The asset at the other end.", examples=["rover"])
    interval: Interval = Field(description="The tracking time; set-up and teardown come on top.")
    window_set_id: str = Field(
        "", description="The window set it was taken from; empty for a booking made by hand.", examples=["windows-71c0"]
    )
    window_id: str = Field(
        "", description="The window it lies in; empty for a booking made by hand.", examples=["contact-12"]
    )


class Contact(WireModel):
    """A booking of one antenna."""

    message_type: ClassVar[type[Message]] = contact_pb2.Contact

    contact_id: str = Field(description="Identifier.", examples=["contact-9a1f"])
    station_id: str = Field(description="The station.", examples=["esa-mlg"])
    asset_id: str = Field(description="The asset at the other end.", examples=["rover"])
    mission_id: str = Field(description="The mission it serves.", examples=["lupex"])
    agency_id: str = Field(description="The agency that booked it.", examples=["JAXA"])
    interval: Interval | None = Field(None, description="The tracking time.")
    occupied: Interval = Field(description="The time the antenna is taken, set-up and teardown included.")
    state: Annotated[ContactState, Strict(False)] = Field(description="Where it stands.", examples=["TENTATIVE"])
    version: UInt32 = Field(description="Counts changes, for optimistic edits.", examples=[1])
    hold_until_time: UtcTime | None = Field(
        None, description="When a tentative contact falls back, if it does.", examples=["2029-01-09T00:00:00Z"]
    )
    plan_id: str = Field(
        description="The plan it belongs to; empty for a booking made by hand.", examples=["plan-5d21"]
    )
    window_set_id: str = Field(
        description="The window set it was taken from; empty for a booking made by hand.", examples=["windows-71c0"]
    )
    window_id: str = Field(
        description="The window it lies in; empty for a booking made by hand.", examples=["contact-12"]
    )
    reason: str = Field(description="Why it was given back, refused, or how it went.", examples=[""])
    moved_from_contact_id: str = Field(description="The contact whose place it took, if it was moved.", examples=[""])
    updated_time: UtcTime | None = Field(
        None,
        description="When it was booked or last changed; missing where that was not recorded.",
        examples=["2029-01-08T12:00:00Z"],
    )


class ReserveContactsRequest(WireModel):
    """Asks for contacts."""

    message_type: ClassVar[type[Message]] = contact_pb2.ReserveContactsRequest

    mission_id: str = Field(description="The mission.", examples=["lupex"])
    plan_id: str = Field("", description="The plan; empty for a booking made by hand.", examples=["plan-5d21"])
    requests: list[ContactRequest] = Field(description="The contacts.")
    commit: bool = Field(False, description="True commits at once.", examples=[False])
    hold_s: float = Field(
        0.0,
        description="How long a tentative contact is held, seconds; 0 means the service's default.",
        examples=[3600.0],
    )


class CommitContactsRequest(WireModel):
    """Asks to commit contacts."""

    message_type: ClassVar[type[Message]] = contact_pb2.CommitContactsRequest

    contact_ids: list[str] = Field(description="The contacts.", examples=[["contact-9a1f"]])
    versions: list[UInt32] = Field(
        default_factory=list, description="The versions that are meant, one for each; empty means any.", examples=[[1]]
    )


class ReleaseContactsRequest(WireModel):
    """Asks to give contacts back."""

    message_type: ClassVar[type[Message]] = contact_pb2.ReleaseContactsRequest

    contact_ids: list[str] = Field(description="The contacts.", examples=[["contact-9a1f"]])
    reason: str = Field("", description="Why, for the record.", examples=["Superseded by a deeper drill"])
    versions: list[UInt32] = Field(
        default_factory=list, description="The versions that are meant, one for each; empty means any.", examples=[[1]]
    )


class RejectContactsRequest(WireModel):
    """Asks to refuse contacts."""

    message_type: ClassVar[type[Message]] = contact_pb2.RejectContactsRequest

    contact_ids: list[str] = Field(description="The contacts.", examples=[["contact-9a1f"]])
    reason: str = Field("", description="Why, for the record.", examples=["hydraulics"])
    versions: list[UInt32] = Field(
        default_factory=list,
        description="The versions that are meant, one for each contact; empty means whatever they are.",
        examples=[[1]],
    )


class ReportContactRequest(WireModel):
    """Says how a contact went."""

    message_type: ClassVar[type[Message]] = contact_pb2.ReportContactRequest

    succeeded: bool = Field(description="True for success.", examples=[True])
    reason: str = Field("", description="What happened, for the record.", examples=["hydraulics"])


class ListAlternatesRequest(WireModel):
    """Asks for alternates."""

    message_type: ClassVar[type[Message]] = contact_pb2.ListAlternatesRequest

    request: ContactRequest = Field(
        description="What was asked; its window set says where else to look. Without one only the same antenna is "
        "looked at."
    )
    limit: UInt32 = Field(0, description="How many at most; 0 means 10.", examples=[10])


class Alternates(WireModel):
    """When and where a contact could be instead, nearest in time first."""

    message_type: ClassVar[type[Message]] = contact_pb2.ListAlternatesResponse

    alternates: list[ContactRequest] = Field(description="Contacts that could be reserved now.")


class Contacts(WireModel):
    """Contacts, in the order asked."""

    message_type: ClassVar[type[Message]] = contact_pb2.ReserveContactsResponse

    contacts: list[Contact] = Field(description="The contacts.")


class ContactPage(WireModel):
    """A page of contacts. Of another agency's booking only the station, the occupied time and the state are told."""

    message_type: ClassVar[type[Message]] = contact_pb2.ListContactsResponse

    contacts: list[Contact] = Field(description="The contacts.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])
