"""Models of plans, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.planner.v1 import plan_pb2
from pydantic import Field, Strict

from malapert_gateway.models.replan import PlanChange, ReplanBasis
from malapert_gateway.models.route import Route, Waypoint
from malapert_gateway.models.shared import Interval, Provenance, SolvePriority
from malapert_gateway.models.site import Site
from malapert_gateway.models.validation import ValidationReport
from malapert_gateway.models.window import WindowSummary
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFT = "DRAFT"  # Made, and passed by the validator.
    SUBMITTED = "SUBMITTED"  # Under review by the agencies.
    RELEASED = "RELEASED"  # Contacts committed, teams told.
    ACTIVATED = "ACTIVATED"  # Being carried out.
    TERMINATED = "TERMINATED"  # Ended.


class SolveStatus(StrEnum):
    """What the solver proved."""

    OPTIMAL = "OPTIMAL"  # No better plan exists within the tolerance of the model.
    FEASIBLE = "FEASIBLE"  # A plan, with a gap to the bound.
    INFEASIBLE = "INFEASIBLE"  # The mandatory requests contradict each other.


class PlannedActivityKind(StrEnum):
    """What an item of a plan is."""

    REQUESTED = "REQUESTED"  # A step of a request.
    DRIVE = "DRIVE"  # A drive between two waypoints.


class ProductDelivery(WireModel):
    """When a data product of an activity is on the ground, by the validator's propagation; light time is left out."""

    message_type: ClassVar[type[Message]] = plan_pb2.ProductDelivery

    product_id: str = Field(description="The product.", examples=["water-content"])
    data_bit: float = Field(description="How much, bits.", examples=[16000000.0])
    sent_time: UtcTime | None = Field(
        None,
        description="When its last bit is sent; missing where that is after the end of the horizon.",
        examples=["2029-01-14T03:00:00Z"],
    )
    latency_s: float | None = Field(
        None, description="From the end of the activity until then, seconds; missing likewise.", examples=[5400.0]
    )
    max_latency_s: float = Field(
        description="Longest time allowed, seconds; 0 means no limit. One that ends after the horizon is not looked "
        "after.",
        examples=[86400.0],
    )


class PlannedActivity(WireModel):
    """An activity placed in time."""

    message_type: ClassVar[type[Message]] = plan_pb2.PlannedActivity

    activity_id: str = Field(
        description="Identifier, as in the expanded request or made for a drive.", examples=["drill-a/0/drill"]
    )
    kind: Annotated[PlannedActivityKind, Strict(False)] = Field(description="What it is.", examples=["REQUESTED"])
    request_id: str = Field(description="The request; empty for a drive.", examples=["drill-a"])
    activity_type_id: str = Field(description="The activity type; empty for a drive.", examples=["drill-1.5m"])
    title: str = Field(description="Title for a person.", examples=["Drill to 1.5 m at the ridge"])
    agency_id: str = Field(description="The agency that asked.", examples=["JAXA"])
    asset_id: str = Field(description="The asset.", examples=["rover"])
    interval: Interval = Field(description="When.")
    place_id: str = Field(description="Where; for a drive where it starts.", examples=["ridge-1"])
    to_place_id: str = Field(description="For a drive where it ends.", examples=[""])
    power_w: float = Field(description="Power above the base load, W.", examples=[95.0])
    data_bit: float = Field(description="Data made, bits.", examples=[200000000.0])
    resource_ids: list[str] = Field(description="Unary resources in use.", examples=[["drill"]])
    chain_id: str = Field(description="Chain, where it is a step of one.", examples=["drill-a/0"])
    value: float = Field(description="Worth that it adds to the objective.", examples=[40.0])
    deliveries: list[ProductDelivery] = Field(
        default_factory=list,
        description="Its data products, and when they are on the ground; empty where the mission reckons with no "
        "storage.",
    )
    mode_id: str = Field(
        "",
        description="The mode of its request that was chosen, with the value of its range such as long=2; empty where "
        "there is one way.",
        examples=["long=2"],
    )


class PlannedContact(WireModel):
    """A contact that the plan has chosen."""

    message_type: ClassVar[type[Message]] = plan_pb2.PlannedContact

    station_id: str = Field(description="The station.", examples=["esa-mlg"])
    interval: Interval = Field(description="The tracking time.")
    place_id: str = Field(description="The place from which it is held.", examples=["ridge-1"])
    window_id: str = Field(description="The window it lies in.", examples=["contact-12"])
    capacity_bit: float = Field(description="What could be sent in it, bits.", examples=[3400000000.0])
    sent_bit: float = Field(
        description="What is sent in it by the validator's propagation, bits.", examples=[3200000000.0]
    )
    cost: float = Field(description="Cost.", examples=[1.5])
    contact_id: str = Field(description="The booking, once committed.", examples=["contact-9a1f"])


class ResourceProfile(WireModel):
    """A resource along the plan, linear between samples."""

    message_type: ClassVar[type[Message]] = plan_pb2.ResourceProfile

    resource_id: str = Field(
        description="Which: battery_wh, storage_bit, generation_w, load_w or sun_elevation_deg, or a resource of the "
        "catalogue: what is taken of a consumable, or in use of a shared one; of a reservoir two, its name with .least "
        "and .most, between which its level lies.",
        examples=["battery_wh"],
    )
    unit: str = Field(description="Unit of the values.", examples=["Wh"])
    offset_s: list[float] = Field(
        description="Seconds after the start of the horizon.", examples=[[0.0, 600.0, 1200.0]]
    )
    value: list[float] = Field(description="Values.", examples=[[1200.0, 1150.0, 1180.0]])
    floor: float | None = Field(None, description="Lowest allowed value, where there is one.", examples=[360.0])
    capacity: float | None = Field(None, description="Highest allowed value, where there is one.", examples=[1500.0])
    minimum: float = Field(description="Lowest value of the finer propagation, with its time below.", examples=[410.0])
    minimum_time: UtcTime | None = Field(
        None, description="When the lowest value is met.", examples=["2029-01-14T03:00:00Z"]
    )
    maximum: float = Field(description="Highest value of the finer propagation.", examples=[1300.0])


class UnplannedRequest(WireModel):
    """Why a request is not in the plan."""

    message_type: ClassVar[type[Message]] = plan_pb2.UnplannedRequest

    request_id: str = Field(description="The request.", examples=["drill-a"])
    repetition_index: UInt32 = Field(description="The repetition, from 0.", examples=[0])
    title: str = Field(description="Title for a person.", examples=["Drill to 1.5 m at the ridge"])
    agency_id: str = Field(description="The agency that asked.", examples=["JAXA"])
    value: float = Field(description="Worth that is lost.", examples=[40.0])
    reason: str = Field(
        description="What kind of reason: an upper-case code such as NO_WINDOW, UNREACHABLE, BATTERY, STORAGE, "
        "DISPLACED, RELATION.",
        examples=["BATTERY"],
    )
    explanation: str = Field(
        description="The reason with its amounts, for a person.", examples=["Battery would fall 14 Wh under its floor"]
    )
    blocking: list[str] = Field(description="The requests, rules or limits in the way.", examples=[["battery_wh"]])


class AgencyShare(WireModel):
    """How an agency fares."""

    message_type: ClassVar[type[Message]] = plan_pb2.AgencyShare

    agency_id: str = Field(description="The agency.", examples=["JAXA"])
    requested_value: float = Field(description="Worth asked for.", examples=[200.0])
    planned_value: float = Field(description="Worth planned.", examples=[176.0])
    unsatisfied_share: float = Field(description="1 − planned/requested.", examples=[0.12])


class Objective(WireModel):
    """The objective and what was proved about it."""

    message_type: ClassVar[type[Message]] = plan_pb2.Objective

    objective: float = Field(description="Value reached: planned worth less costs.", examples=[402.5])
    bound: float = Field(description="No plan of the whole problem can be worth more.", examples=[415.0])
    gap: float = Field(description="(bound − objective) / |bound|.", examples=[0.03])
    parts: dict[str, float] = Field(
        description="The parts of the objective by name.", examples=[{"value": 412.0, "contact_cost": -9.5}]
    )
    agency_shares: list[AgencyShare] = Field(description="How each agency fares.")
    unsatisfied_rms: float = Field(description="Root mean square of the unsatisfied shares.", examples=[0.1])
    unsatisfied_max: float = Field(description="Largest unsatisfied share.", examples=[0.2])


class PlanReview(WireModel):
    """An agency's say on a plan."""

    message_type: ClassVar[type[Message]] = plan_pb2.PlanReview

    agency_id: str = Field(description="The agency.", examples=["JAXA"])
    approved: bool = Field(description="True approves, false rejects.", examples=[True])
    content_hash: str = Field(description="The content hash it speaks of.", examples=["sha256:9f2c"])
    comment: str = Field(description="Why.", examples=["Checked against the thermal model"])
    time: UtcTime | None = Field(None, description="When.", examples=["2029-01-10T06:00:00Z"])


class PlanNotice(WireModel):
    """That a request in the plan is no longer what the plan was made for."""

    message_type: ClassVar[type[Message]] = plan_pb2.PlanNotice

    request_id: str = Field(description="The request.", examples=["drill-a"])
    change: str = Field(
        description="What became of it, such as CANCELLED, or REVISED where it asks for something else now.",
        examples=["CANCELLED"],
    )
    reason: str = Field(description="Why, as whoever changed it said.", examples=["Superseded by a deeper drill"])
    agency_id: str = Field(description="Which agency changed it.", examples=["JAXA"])
    time: UtcTime | None = Field(None, description="When.", examples=["2029-01-10T06:00:00Z"])


class StageTime(WireModel):
    """Time spent in a stage of making the plan."""

    message_type: ClassVar[type[Message]] = plan_pb2.StageTime

    name: str = Field(description="The stage.", examples=["solve"])
    elapsed_s: float = Field(description="Seconds.", examples=[3.2])


class Plan(WireModel):
    """A plan version."""

    message_type: ClassVar[type[Message]] = plan_pb2.Plan

    plan_id: str = Field(description="Identifier.", examples=["plan-5d21"])
    mission_id: str = Field(description="The mission.", examples=["lupex"])
    mission_version: UInt32 = Field(description="Its version.", examples=[1])
    state: Annotated[PlanState, Strict(False)] = Field(description="Where the plan stands.", examples=["DRAFT"])
    state_reason: str = Field(description="Why it was terminated.", examples=[""])
    content_hash: str = Field(
        description="sha256 of the plan's content: the same problem, seed and limits give the same hash.",
        examples=["sha256:9f2c"],
    )
    problem_hash: str = Field(description="sha256 of the planning problem.", examples=["sha256:51be"])
    horizon: Interval | None = Field(None, description="The surface span.")
    site: Site | None = Field(None, description="The site, with its ranking.")
    alternative_sites: list[Site] = Field(description="The other ranked sites.")
    waypoints: list[Waypoint] = Field(description="The waypoints.")
    routes: list[Route] = Field(description="The routes that are driven or could be.")
    window_set_id: str = Field(description="The window set.", examples=["windows-71c0"])
    window_summaries: list[WindowSummary] = Field(description="What the window set holds.")
    activities: list[PlannedActivity] = Field(description="The placed activities by start time.")
    contacts: list[PlannedContact] = Field(description="The chosen contacts by start time.")
    unplanned: list[UnplannedRequest] = Field(description="What is not planned, and why.")
    profiles: list[ResourceProfile] = Field(description="The resources.")
    status: Annotated[SolveStatus, Strict(False)] | None = Field(
        None, description="The solver's status.", examples=["OPTIMAL"]
    )
    objective: Objective | None = Field(None, description="The objective.")
    validation: ValidationReport | None = Field(None, description="The validator's verdict.")
    reviews: list[PlanReview] = Field(description="The agencies' says.")
    provenance: Provenance | None = Field(None, description="What it was made from.")
    stage_times: list[StageTime] = Field(description="Time spent.")
    precursor_plan_id: str = Field(description="The plan it corrects; empty for a first one.", examples=[""])
    created_time: UtcTime | None = Field(None, description="When it was made.", examples=["2026-11-22T12:00:00Z"])
    owner_agency_id: str = Field(description="The agency that had it made.", examples=["JAXA"])
    version: UInt32 = Field(description="Counts changes of state, for optimistic edits.", examples=[1])
    notices: list[PlanNotice] = Field(
        default_factory=list,
        description="What has changed of its requests since it was made, oldest first; told with a single plan only.",
    )
    replan: ReplanBasis | None = Field(
        None, description="What it replans and why; unset for a plan that was made from its mission alone."
    )
    changes: list[PlanChange] = Field(
        default_factory=list, description="What is not as it was in the plan that it replans."
    )
    updated_time: UtcTime | None = Field(
        None,
        description="When it last changed its state; at first when it was made. Missing where that was not recorded.",
        examples=["2026-11-23T09:00:00Z"],
    )


class PlanPage(WireModel):
    """A page of plans."""

    message_type: ClassVar[type[Message]] = plan_pb2.ListPlansResponse

    plans: list[Plan] = Field(description="The plans, without items.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])


class GeneratePlanRequest(WireModel):
    """Asks for a plan."""

    message_type: ClassVar[type[Message]] = plan_pb2.GeneratePlanRequest

    mission_id: str = Field(description="The mission.", examples=["lupex"])
    mission_version: UInt32 = Field(0, description="Its version; 0 means the newest.", examples=[1])
    terrain_ids: list[str] = Field(
        default_factory=list,
        description="Terrains from coarse to fine; empty means the mission's own.",
        examples=[["terrain-1a2b"]],
    )
    site_id: str = Field("", description="The site; empty means the best of a search.", examples=["site-04"])
    seed: UInt32 = Field(0, description="Seed of the solver.", examples=[7])
    work_limit_s: float = Field(
        0.0,
        description="Deterministic work limit of the solver, seconds of its own measure; 0 means the mission's.",
        examples=[20.0],
    )
    precursor_plan_id: str = Field("", description="The plan it corrects; empty for a first one.", examples=[""])
    priority: Annotated[SolvePriority, Strict(False)] = Field(
        SolvePriority.ROUTINE, description="When its solve is taken from the queue.", examples=["BACKGROUND"]
    )


class ReviewPlan(WireModel):
    """An agency's say on the exact content of a plan."""

    message_type: ClassVar[type[Message]] = plan_pb2.ReviewPlanRequest

    content_hash: str = Field(description="The content hash the agency looked at.", examples=["sha256:9f2c"])
    approve: bool = Field(description="True approves, false rejects and so terminates the plan.", examples=[True])
    comment: str = Field("", description="Why.", examples=["Checked against the thermal model"])


class TerminatePlan(WireModel):
    """Why a plan is ended."""

    message_type: ClassVar[type[Message]] = plan_pb2.TerminatePlanRequest

    reason: str = Field(description="Why.", examples=["Superseded by a deeper drill"])


class Admission(WireModel):
    """A smallest change that would admit a repetition, all else as it is."""

    message_type: ClassVar[type[Message]] = plan_pb2.Admission

    kind: str = Field(
        description="What kind, such as LOWER_FLOOR, LONGER_WINDOW, ANOTHER_CONTACT, DETOUR or WITHOUT_REQUESTS.",
        examples=["LOWER_FLOOR"],
    )
    subject: str = Field(description="What is changed.", examples=["battery"])
    amount: float = Field(description="By how much.", examples=[120.0])
    unit: str = Field(description="Unit of the amount.", examples=["Wh"])
    text: str = Field(
        description="The change for a person.", examples=["with a floor of the battery 120 Wh lower it would fit"]
    )


class WhyNot(WireModel):
    """Why a repetition is not planned, and what would admit it."""

    message_type: ClassVar[type[Message]] = plan_pb2.ExplainUnplannedResponse

    unplanned: UnplannedRequest = Field(description="The repetition with its reason.")
    rules: list[str] = Field(
        description="Families of rules each of which alone is in the way, or a smallest set that together is.",
        examples=[["battery"]],
    )
    requests: list[str] = Field(
        description="A smallest set of planned requests without which there would be room; empty where there is none.",
        examples=[["survey-b"]],
    )
    admissions: list[Admission] = Field(description="What would admit it, each found by solving again with it.")
