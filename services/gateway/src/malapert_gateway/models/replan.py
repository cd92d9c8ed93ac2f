"""Models of replanning, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.planner.v1 import replan_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Interval, SolvePriority
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class StationOutage(WireModel):
    """A station that cannot be used for a time."""

    message_type: ClassVar[type[Message]] = replan_pb2.StationOutage

    station_id: str = Field(description="The station.", examples=["usuda-64"])
    interval: Interval = Field(description="When it is out.")


class ArrayPower(WireModel):
    """A solar array that gives more or less than the plan reckons with."""

    message_type: ClassVar[type[Message]] = replan_pb2.ArrayPower

    factor: float = Field(
        description="What it gives, as a share of what the replanned plan reckons with.", examples=[0.9]
    )
    from_time: UtcTime = Field(description="From when on.", examples=["2029-01-12T00:00:00Z"])


class RunState(StrEnum):
    """What became of an activity."""

    STARTED = "STARTED"  # It has begun.
    DONE = "DONE"  # It is done.
    FAILED = "FAILED"  # It failed: it took its time and is worth nothing; it is asked for again.
    SKIPPED = "SKIPPED"  # It was not begun.
    ABANDONED = "ABANDONED"  # It failed as above, and is not asked for again.


class ActivityRun(WireModel):
    """How an activity of the plan was run."""

    message_type: ClassVar[type[Message]] = replan_pb2.ActivityRun

    activity_id: str = Field(description="The activity.", examples=["drill-a/0/drill"])
    state: Annotated[RunState, Strict(False)] = Field(description="What became of it.", examples=["DONE"])
    interval: Interval | None = Field(
        None, description="When it was, or will have been, under way; of a skipped one unset."
    )
    energy_wh: float | None = Field(
        None, description="Measured energy above the base load, Wh; unset where it was not measured.", examples=[120.0]
    )
    data_bit: float | None = Field(
        None, description="Measured data, bits; unset where it was not measured.", examples=[2.0e8]
    )


class DriveRun(WireModel):
    """How a drive of the plan was run."""

    message_type: ClassVar[type[Message]] = replan_pb2.DriveRun

    from_place_id: str = Field(description="The place from which it was planned.", examples=["lander"])
    to_place_id: str = Field(description="And to which.", examples=["ridge-1"])
    planned_start_time: UtcTime = Field(description="When it was planned to start.", examples=["2029-01-12T00:00:00Z"])
    interval: Interval = Field(description="When it was, or will have been, under way.")


class Measurement(WireModel):
    """Measured levels."""

    message_type: ClassVar[type[Message]] = replan_pb2.Measurement

    charge_wh: float | None = Field(
        None, description="Charge of the battery, Wh; unset where it was not measured.", examples=[4200.0]
    )
    stored_bit: float | None = Field(
        None, description="Stored data, bits; unset where they were not measured.", examples=[2.0e9]
    )


class PlanEvent(WireModel):
    """Something that has happened, or of which one asks what if: exactly one of these."""

    message_type: ClassVar[type[Message]] = replan_pb2.PlanEvent

    station_outage: StationOutage | None = Field(None, description="A station is out.")
    array_power: ArrayPower | None = Field(None, description="The array gives more or less.")
    activity_run: ActivityRun | None = Field(None, description="How an activity was run.")
    drive_run: DriveRun | None = Field(None, description="How a drive was run.")
    measurement: Measurement | None = Field(None, description="Levels at the instant from which on is planned anew.")


class ReplanBasis(WireModel):
    """What a plan replans and why."""

    message_type: ClassVar[type[Message]] = replan_pb2.ReplanBasis

    base_plan_id: str = Field(description="The plan that it replans.", examples=["plan-7"])
    base_content_hash: str = Field(description="Its content hash.", examples=["sha256:9f2c"])
    label: str = Field(description="The branch, for a person; empty for the next plan.", examples=["without Usuda"])
    now: UtcTime | None = Field(
        None,
        description="The instant from which on is planned anew; before it all is history.",
        examples=["2029-01-12T00:00:00Z"],
    )
    frozen_until: UtcTime | None = Field(
        None, description="What starts before is frozen.", examples=["2029-01-12T02:00:00Z"]
    )
    events: list[PlanEvent] = Field(
        description="What has happened, those of the plans before it and of merged branches included."
    )
    merged_plan_id: str = Field(
        description="The branch whose events were taken too; empty where none was merged.", examples=[""]
    )


class ChangeKind(StrEnum):
    """What became of an item."""

    MOVED = "MOVED"  # It is at another time or place.
    ADDED = "ADDED"  # It was not there before.
    DROPPED = "DROPPED"  # It is no longer there.


class PlanChange(WireModel):
    """An item that is not as it was."""

    message_type: ClassVar[type[Message]] = replan_pb2.PlanChange

    kind: Annotated[ChangeKind, Strict(False)] = Field(description="What became of it.", examples=["MOVED"])
    item_id: str = Field(
        description="The activity, or a name of the drive or contact such as usuda-64@3600.",
        examples=["drill-a/0/drill"],
    )
    title: str = Field(description="Title for a person.", examples=["Drill to 1.5 m at the ridge"])
    request_id: str = Field(description="The request; empty for a drive or contact.", examples=["drill-a"])
    before: Interval | None = Field(None, description="When it was; unset where it was not there.")
    after: Interval | None = Field(None, description="When it is; unset where it no longer is.")
    reason: str = Field(description="Why: FORCED, MADE_ROOM, FOLLOWS, FITTED or BETTER.", examples=["FORCED"])
    explanation: str = Field(
        description="The reason for a person.", examples=["CONTACT_WINDOW: usuda-64 cannot be reached from lander"]
    )
    because: list[str] = Field(description="The items in the way.", examples=[["relay-a/0/live"]])


class ReplanPlan(WireModel):
    """From when on a plan is made anew, and what has happened."""

    message_type: ClassVar[type[Message]] = replan_pb2.ReplanPlanRequest

    now: UtcTime = Field(
        description="The instant from which on is planned anew; it is taken to the next step of the grid.",
        examples=["2029-01-12T00:00:00Z"],
    )
    frozen_lead_s: float = Field(
        0.0, ge=0, description="So long after now what the plan holds is frozen, seconds.", examples=[7200.0]
    )
    events: list[PlanEvent] = Field(default_factory=list, description="What has happened.")
    label: str = Field("", description="Names a branch; empty for the next plan.", examples=["without Usuda"])
    merge_plan_id: str = Field(
        "", description="A branch of the same mission whose events are taken too.", examples=[""]
    )
    take_requests: bool = Field(
        False,
        description="True takes the requests as they are now: new ones are fitted in, withdrawn ones leave.",
        examples=[False],
    )
    take_reports: bool = Field(
        False,
        description="True takes the last report on each repetition of the plan as an event; an activity that an event "
        "of this request names, or one of the plan has ended, is left to that.",
        examples=[True],
    )
    improve: bool = Field(
        False,
        description="True improves the whole plan where that is worth its changes, false changes as little as will do.",
        examples=[False],
    )
    moved_weight: float | None = Field(
        None,
        ge=0,
        description="Worth lost for each hour by which something moves and each item that does; unset means 0.05.",
        examples=[0.05],
    )
    dropped_weight: float | None = Field(
        None,
        ge=0,
        description="Worth lost, beside its own, for each repetition that is dropped; unset means 2.",
        examples=[2.0],
    )
    seed: UInt32 = Field(0, description="Seed of the solver; 0 means the mission's.", examples=[1])
    work_limit_s: float = Field(
        0.0,
        ge=0,
        description="Deterministic work limit of the solver, seconds of its own measure; 0 means 5.",
        examples=[5.0],
    )
    priority: Annotated[SolvePriority, Strict(False)] = Field(
        SolvePriority.URGENT, description="When its solve is taken from the queue.", examples=["URGENT"]
    )


class ComparedFigure(WireModel):
    """A figure of two plans."""

    message_type: ClassVar[type[Message]] = replan_pb2.ComparedFigure

    name: str = Field(description="What it is.", examples=["objective"])
    unit: str = Field(description="Its unit; 1 where it has none.", examples=["1"])
    value: float = Field(description="Of the first plan.", examples=[1949.5])
    other_value: float = Field(description="Of the other plan.", examples=[1931.0])


class PlanComparison(WireModel):
    """Two plans side by side."""

    message_type: ClassVar[type[Message]] = replan_pb2.ComparePlansResponse

    plan_id: str = Field(description="The first plan.", examples=["plan-7"])
    other_plan_id: str = Field(description="The other one.", examples=["plan-8"])
    figures: list[ComparedFigure] = Field(description="What they are worth and what they take.")
    changes: list[PlanChange] = Field(description="What is not in the other plan as in the first one.")
