"""Models of requests, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.payload.v1 import request_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Interval, Visibility
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class ConditionKind(StrEnum):
    """What a condition is about."""

    ILLUMINATION = "ILLUMINATION"  # Any of the solar disc above the skyline at the place.
    DARKNESS = "DARKNESS"  # None of the solar disc above the skyline at the place.
    EARTH_VISIBILITY = "EARTH_VISIBILITY"  # The Earth above the skyline at the place.
    CONTACT = "CONTACT"  # A contact that the plan has chosen, with one of the stations.


class RelationKind(StrEnum):
    """How two requests stand to each other."""

    AFTER = "AFTER"  # This starts after the other has ended, within the lags.
    EXCLUDES = "EXCLUDES"  # Not both are planned.
    REQUIRES = "REQUIRES"  # This is planned only where the other is.


class RequestState(StrEnum):
    """Where a request stands."""

    REQUESTED = "REQUESTED"  # Asked for.
    ACCEPTED = "ACCEPTED"  # Taken into planning.
    REJECTED = "REJECTED"  # Refused.
    CANCELLED = "CANCELLED"  # Withdrawn.
    PLANNED = "PLANNED"  # In a released plan.
    PROCESSING = "PROCESSING"  # Being carried out.
    PROCESSED = "PROCESSED"  # Carried out.
    TERMINATED = "TERMINATED"  # Ended.


class Condition(WireModel):
    """What must hold over time."""

    message_type: ClassVar[type[Message]] = request_pb2.Condition

    kind: Annotated[ConditionKind, Strict(False)] = Field(description="What.", examples=["ILLUMINATION"])
    station_ids: list[str] = Field(
        default_factory=list,
        description="For contacts: with one of these stations; empty means any of the mission's.",
        examples=[["esa-mlg", "isro-blr"]],
    )


class Relation(WireModel):
    """A relation to another request."""

    message_type: ClassVar[type[Message]] = request_pb2.Relation

    kind: Annotated[RelationKind, Strict(False)] = Field(description="How.", examples=["AFTER"])
    request_id: str = Field(description="The other request.", examples=["drill-a"])
    min_lag_s: float = Field(
        0.0, description="Least time between the other's end and this one's start, seconds.", examples=[0.0]
    )
    max_lag_s: float = Field(0.0, description="Most time between them, seconds; 0 means no limit.", examples=[86400.0])


class Repetition(WireModel):
    """The same again."""

    message_type: ClassVar[type[Message]] = request_pb2.Repetition

    count: UInt32 = Field(description="How often in all.", examples=[3])
    period_s: float = Field(description="Time from one start to the next, seconds.", examples=[86400.0])
    tolerance_s: float = Field(0.0, description="How far each may be off, seconds.", examples=[7200.0])


class RequestChange(WireModel):
    """A change of a request."""

    message_type: ClassVar[type[Message]] = request_pb2.RequestChange

    state: Annotated[RequestState, Strict(False)] = Field(
        description="The state after the change.", examples=["REQUESTED"]
    )
    time: UtcTime | None = Field(None, description="When.", examples=["2029-01-10T06:00:00Z"])
    agency_id: str = Field(description="Which agency changed it.", examples=["JAXA"])
    reason: str = Field(description="Why.", examples=["Superseded by a deeper drill"])


class ActivityRequest(WireModel):
    """What a team asks for."""

    message_type: ClassVar[type[Message]] = request_pb2.ActivityRequest

    request_id: str = Field(description="Identifier, unique in the mission.", examples=["drill-a"])
    mission_id: str = Field(description="The mission.", examples=["lupex"])
    title: str = Field(description="Title for a person.", examples=["Drill to 1.5 m at the ridge"])
    activity_type_id: str = Field(description="The activity type.", examples=["drill-1.5m"])
    agency_id: str = Field(description="The agency that asks.", examples=["JAXA"])
    value: float = Field(description="What it is worth, in points; 0 or more.", examples=[40.0])
    mandatory: bool = Field(description="True where a plan without it is no plan.", examples=[False])
    place_ids: list[str] = Field(
        description="Any of these places will do; empty means any place of the mission.", examples=[["ridge-1"]]
    )
    windows: list[Interval] = Field(description="Within any of these spans; empty means the whole horizon.")
    relations: list[Relation] = Field(description="Relations to other requests.")
    repetition: Repetition | None = Field(None, description="Repetition; unset means once.")
    visibility: Annotated[Visibility, Strict(False)] | None = Field(
        None, description="Who may see it.", examples=["PUBLIC"]
    )
    state: Annotated[RequestState, Strict(False)] = Field(description="Where it stands.", examples=["REQUESTED"])
    history: list[RequestChange] = Field(description="How it got there, oldest first.")
    version: UInt32 = Field(description="Counts changes, for optimistic edits.", examples=[1])


class NewActivityRequest(WireModel):
    """A request as a team hands it in."""

    message_type: ClassVar[type[Message]] = request_pb2.ActivityRequest

    request_id: str = Field(description="Identifier, unique in the mission.", examples=["drill-a"])
    title: str = Field(description="Title for a person.", examples=["Drill to 1.5 m at the ridge"])
    activity_type_id: str = Field(description="The activity type.", examples=["drill-1.5m"])
    agency_id: str = Field(description="The agency that asks.", examples=["JAXA"])
    value: float = Field(description="What it is worth, in points; 0 or more.", examples=[40.0])
    mandatory: bool = Field(False, description="True where a plan without it is no plan.", examples=[False])
    place_ids: list[str] = Field(
        default_factory=list,
        description="Any of these places will do; empty means any place of the mission.",
        examples=[["ridge-1"]],
    )
    windows: list[Interval] = Field(
        default_factory=list, description="Within any of these spans; empty means the whole horizon."
    )
    relations: list[Relation] = Field(default_factory=list, description="Relations to other requests.")
    repetition: Repetition | None = Field(None, description="Repetition; unset means once.")
    visibility: Annotated[Visibility, Strict(False)] | None = Field(
        None, description="Who may see it.", examples=["PUBLIC"]
    )


class SubmitRequests(WireModel):
    """Requests to submit, all or none."""

    message_type: ClassVar[type[Message]] = request_pb2.SubmitRequestsRequest

    requests: list[NewActivityRequest] = Field(description="The requests.")


class ActivityRequests(WireModel):
    """The requests as taken."""

    message_type: ClassVar[type[Message]] = request_pb2.SubmitRequestsResponse

    requests: list[ActivityRequest] = Field(description="The requests.")


class ActivityRequestPage(WireModel):
    """A page of requests."""

    message_type: ClassVar[type[Message]] = request_pb2.ListRequestsResponse

    requests: list[ActivityRequest] = Field(description="The requests.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])


class CancelRequest(WireModel):
    """Why a request is withdrawn."""

    message_type: ClassVar[type[Message]] = request_pb2.CancelRequestRequest

    reason: str = Field("", description="Why.", examples=["Superseded by a deeper drill"])
