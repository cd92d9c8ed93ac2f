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
    RELAY_CONTACT = "RELAY_CONTACT"  # A pass between the place and one of the orbiters.
    ORBITER_CONTACT = "ORBITER_CONTACT"  # A pass between one of the orbiters and one of the stations.
    OPTICAL_LINK = "OPTICAL_LINK"  # A link of light between one of the orbiters and one of the stations.
    KEY_LINK = "KEY_LINK"  # A link on which keys are shared between one of the orbiters and one of the stations.
    ORBITER_SUNLIGHT = "ORBITER_SUNLIGHT"  # Sunlight on one of the orbiters.
    AVAILABILITY = "AVAILABILITY"  # A span of one of the named calendars, such as a facility's.


class RelationKind(StrEnum):
    """How two requests stand to each other."""

    AFTER = "AFTER"  # This starts after the other has ended, within the lags.
    EXCLUDES = "EXCLUDES"  # Not both are planned.
    REQUIRES = "REQUIRES"  # This is planned only where the other is.
    BEFORE = "BEFORE"  # This ends before the other starts, within the lags.
    TOGETHER = "TOGETHER"  # Both are planned or none, and start within the greatest lag of each other.
    NOT_WITH = "NOT_WITH"  # No step of the one is under way while a step of the other is.


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
        description="For contacts and links: with one of these stations; empty means any of the mission's.",
        examples=[["esa-mlg", "isro-blr"]],
    )
    orbiter_ids: list[str] = Field(
        default_factory=list,
        description="For passes, links and sunlight of orbiters: one of these; empty means any of the mission's.",
        examples=[["relay-1"]],
    )
    calendar_ids: list[str] = Field(
        default_factory=list, description="For availability: one of these calendars.", examples=[["vacuum-chamber"]]
    )
    outside: bool = Field(False, description="True where it must not hold.", examples=[False])


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


class Argument(WireModel):
    """A value of a parameter."""

    message_type: ClassVar[type[Message]] = request_pb2.Argument

    parameter_id: str = Field(description="The parameter.", examples=["depth"])
    value: float = Field(description="The value, in the unit below.", examples=[40.0])
    unit: str = Field(
        "", description="Its unit, of the parameter's dimension; empty means the parameter's own.", examples=["m"]
    )


class Campaign(WireModel):
    """The same at several places: so many of them, each once. Each is worth an even part of the request's value."""

    message_type: ClassVar[type[Message]] = request_pb2.Campaign

    place_ids: list[str] = Field(
        default_factory=list, description="These places, besides those of the set.", examples=[["ridge-1"]]
    )
    place_set_id: str = Field(
        "", description="A named list of places of the mission, such as a grid.", examples=["grid"]
    )
    count: UInt32 = Field(0, description="At how many of them; 0 where the share says it.", examples=[3])
    share: float = Field(
        0.0, description="At which share of them, rounded up; 0 where the count says it.", examples=[0.5]
    )


class ValueDecay(WireModel):
    """How the value falls."""

    message_type: ClassVar[type[Message]] = request_pb2.ValueDecay

    every_s: float = Field(
        0.0,
        description="With each whole such time from the first instant to a start, the value is multiplied by "
        "the factor, seconds; 0 means that it does not fall with time.",
        examples=[864000.0],
    )
    factor: float = Field(0.0, description="The factor, above 0 and below 1.", examples=[0.8])
    from_time: UtcTime | None = Field(
        None,
        description="The first instant; unset means the start of the request's first window, or of the horizon.",
        examples=["2029-01-10T06:00:00Z"],
    )
    least_share: float = Field(0.0, description="It falls no lower than this share of the value.", examples=[0.2])
    repetition_factor: float = Field(
        0.0,
        description="The second repetition or place is worth this share of the first, the third this share of the "
        "second, and so on; 0 means that all are worth the same.",
        examples=[0.5],
    )


class ProductDemand(WireModel):
    """What a team wants of a data product, instead of what the activity type says."""

    message_type: ClassVar[type[Message]] = request_pb2.ProductDemand

    product_id: str = Field(description="The product.", examples=["spectra"])
    priority: UInt32 = Field(0, description="What is sent first: 1 before 2; 0 means last.", examples=[1])
    max_latency_s: float = Field(
        0.0, description="Longest time until it is on the ground, seconds; 0 means no limit.", examples=[86400.0]
    )


class ParameterRange(WireModel):
    """Values of a parameter among which the planner chooses."""

    message_type: ClassVar[type[Message]] = request_pb2.ParameterRange

    parameter_id: str = Field(description="The parameter.", examples=["depth"])
    lowest: float = Field(description="The lowest value, in the unit below.", examples=[0.5])
    highest: float = Field(description="The highest value.", examples=[1.5])
    step: float = Field(
        0.0,
        description="From one value to the next, counted from the lowest; 0 means that only the lowest and the "
        "highest will do.",
        examples=[0.25],
    )
    unit: str = Field(
        "", description="The unit, of the parameter's dimension; empty means the parameter's own.", examples=["m"]
    )
    lowest_share: float = Field(
        0.0,
        description="What the lowest value is worth, a share of what the highest is; between them it grows evenly. "
        "0 means the same.",
        examples=[0.4],
    )


class RequestMode(WireModel):
    """A way to do what is asked for. The planner chooses one of a request's."""

    message_type: ClassVar[type[Message]] = request_pb2.RequestMode

    mode_id: str = Field(description="Identifier, unique in the request, such as long.", examples=["long"])
    preset_id: str = Field(
        "",
        description="A preset of the activity type, whose arguments hold where none is given below.",
        examples=["full-depth"],
    )
    arguments: list[Argument] = Field(
        default_factory=list,
        description="Values of the activity type's parameters; what neither they nor the preset say the request says.",
    )
    share: float = Field(
        0.0, description="What it is worth, a share of the request's value; 0 means all of it.", examples=[0.6]
    )
    range: ParameterRange | None = Field(
        None, description="A parameter whose value the planner chooses; unset means none."
    )


class RequestChange(WireModel):
    """A change of a request."""

    message_type: ClassVar[type[Message]] = request_pb2.RequestChange

    state: Annotated[RequestState, Strict(False)] = Field(
        description="The state after the change.", examples=["REQUESTED"]
    )
    time: UtcTime | None = Field(None, description="When.", examples=["2029-01-10T06:00:00Z"])
    agency_id: str = Field("", description="Which agency changed it.", examples=["JAXA"])
    reason: str = Field("", description="Why.", examples=["Calibrated anew"])


class ActivityRequest(WireModel):
    """What a team asks for."""

    message_type: ClassVar[type[Message]] = request_pb2.ActivityRequest

    request_id: str = Field(description="Identifier, unique in the mission.", examples=["drill-a"])
    mission_id: str = Field(description="The mission.", examples=["lupex"])
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
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
    activity_type_version: UInt32 = Field(
        0, description="The activity type's version; 0 means the newest.", examples=[0]
    )
    preset_id: str = Field(
        "",
        description="A preset of the activity type, whose arguments hold where none is given below.",
        examples=["full-depth"],
    )
    arguments: list[Argument] = Field(default_factory=list, description="Values of the activity type's parameters.")
    tags: list[str] = Field(default_factory=list, description="Words to find it by.", examples=[["ice"]])
    campaign: Campaign | None = Field(None, description="At several places; unset means at one.")
    decay: ValueDecay | None = Field(None, description="How the value falls; unset means not at all.")
    products: list[ProductDemand] = Field(default_factory=list, description="What is wanted of data products.")
    modes: list[RequestMode] = Field(
        default_factory=list,
        description="Ways to do it, of which the planner chooses one for each repetition; none means that there is "
        "one way.",
    )
    plan_id: str = Field("", description="The released plan that holds it, where one does.", examples=["plan-7"])
    done_count: UInt32 = Field(0, description="How many of its repetitions were carried out.", examples=[0])


class NewActivityRequest(WireModel):
    """A request as a team hands it in."""

    message_type: ClassVar[type[Message]] = request_pb2.ActivityRequest

    request_id: str = Field(description="Identifier, unique in the mission.", examples=["drill-a"])
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
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
    activity_type_version: UInt32 = Field(
        0, description="The activity type's version; 0 means the newest.", examples=[0]
    )
    preset_id: str = Field(
        "",
        description="A preset of the activity type, whose arguments hold where none is given below.",
        examples=["full-depth"],
    )
    arguments: list[Argument] = Field(default_factory=list, description="Values of the activity type's parameters.")
    tags: list[str] = Field(default_factory=list, description="Words to find it by.", examples=[["ice"]])
    campaign: Campaign | None = Field(None, description="At several places; unset means at one.")
    decay: ValueDecay | None = Field(None, description="How the value falls; unset means not at all.")
    products: list[ProductDemand] = Field(default_factory=list, description="What is wanted of data products.")
    modes: list[RequestMode] = Field(
        default_factory=list,
        description="Ways to do it, of which the planner chooses one for each repetition; none means that there is "
        "one way.",
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

    reason: str = Field("", description="Why.", examples=["Calibrated anew"])


class ReviseRequest(WireModel):
    """A request as it should be."""

    message_type: ClassVar[type[Message]] = request_pb2.ReviseRequestRequest

    request: NewActivityRequest = Field(
        description="The request as it should be, by its identifier; where it stands is the service's to say."
    )
    reason: str = Field("", description="Why.", examples=["Calibrated anew"])


class ImportRequests(WireModel):
    """Many requests to take at once, all or none."""

    message_type: ClassVar[type[Message]] = request_pb2.ImportRequestsRequest

    requests: list[NewActivityRequest] = Field(description="The requests.")
    reason: str = Field("", description="Why.", examples=["Calibrated anew"])


class ImportedRequests(WireModel):
    """What was taken."""

    message_type: ClassVar[type[Message]] = request_pb2.ImportRequestsResponse

    submitted_count: UInt32 = Field(description="How many are new.", examples=[12])
    revised_count: UInt32 = Field(description="How many were changed.", examples=[1])
    unchanged_count: UInt32 = Field(description="How many were the same already.", examples=[3])
