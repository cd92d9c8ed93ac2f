"""A plan in which agencies keep some of their items to themselves, made by hand."""

from datetime import UTC, datetime

from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.identity import Identity, Role
from malapert_core.timestamps import to_timestamp

NOW = datetime(2029, 1, 10, tzinfo=UTC)
CHARTER = Charter(
    "lupex",
    1,
    tuple(
        Membership(agency_id, frozenset({part}), NOW)
        for agency_id, part in (
            ("JAXA", Part.OWNER), ("ISRO", Part.CONTRIBUTOR), ("ESA", Part.APPROVER), ("NASA", Part.OBSERVER),
        )
    ),
)  # fmt: skip
SECRET = b"secret of the mission's salts...."
HIDDEN_WORDS = (
    "secret-dig", "Secret trench", "trench-type", "spectro-x", "assay", "dark-look", "Dark look", "keep:secret-dig",
    "77.25", "88.5", "313.0", "ISRO", "sha256:demand", "sha256:document", "trench-type@2",
)  # fmt: skip
"""Words and numbers of the owner-only requests of ISRO, and what would tell them."""


def identity(agency_id: str, role: Role = Role.PLANNER) -> Identity:
    return Identity(agency_id, role, "key")


def _span(start_h: int, end_h: int) -> type_pb2.Interval:
    times = (to_timestamp(NOW.replace(hour=hour)) for hour in (start_h, end_h))
    return type_pb2.Interval(start_time=next(times), end_time=next(times))


def shared_plan() -> plan_pb2.Plan:
    """Return the content of a plan of JAXA and ISRO: ISRO alone sees one item and one request left out."""
    requested, drive = plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED, plan_pb2.PLANNED_ACTIVITY_KIND_DRIVE
    owner, mission = type_pb2.VISIBILITY_OWNER, type_pb2.VISIBILITY_MISSION
    return plan_pb2.Plan(
        mission_id="lupex", mission_version=2, problem_hash="sha256:problem", horizon=_span(0, 23),
        window_set_id="windows-1",
        activities=[
            plan_pb2.PlannedActivity(
                activity_id="drill-a/0/drill", kind=requested, request_id="drill-a", activity_type_id="drill",
                title="Drill", agency_id="JAXA", asset_id="rover", interval=_span(1, 2), place_id="ridge", value=40.0,
                resource_ids=["arm", "drill"], mission_resource_ids=["arm"], visibility=mission, power_w=20.0,
            ),
            plan_pb2.PlannedActivity(
                activity_id="secret-dig/0/dig", kind=requested, request_id="secret-dig", chain_id="secret-dig/0",
                activity_type_id="trench-type", title="Secret trench", agency_id="ISRO", asset_id="rover",
                interval=_span(3, 4), place_id="ridge", power_w=88.5, data_bit=313.0, value=77.25, visibility=owner,
                resource_ids=["arm", "keep:secret-dig", "spectro-x"], mission_resource_ids=["arm"],
                deliveries=[plan_pb2.ProductDelivery(product_id="assay", data_bit=313.0)],
            ),
            plan_pb2.PlannedActivity(
                activity_id="drive/0", kind=drive, title="Drive", asset_id="rover", interval=_span(5, 6),
                place_id="ridge", to_place_id="haven", resource_ids=["wheels"], mission_resource_ids=["wheels"],
            ),
        ],
        contacts=[plan_pb2.PlannedContact(station_id="usuda-64", interval=_span(7, 8), place_id="haven", sent_bit=9.0)],
        unplanned=[
            plan_pb2.UnplannedRequest(
                request_id="dark-look", title="Dark look", agency_id="ISRO", value=77.25, reason="BATTERY",
                explanation="88.5 Wh", visibility=owner,
            ),
            plan_pb2.UnplannedRequest(
                request_id="map-b", title="Map", agency_id="JAXA", value=5.0, reason="DISPLACED", visibility=mission,
                explanation="secret-dig/0/dig is there", blocking=["secret-dig"],
            ),
            plan_pb2.UnplannedRequest(
                request_id="map-c", title="Map", agency_id="ESA", reason="BATTERY", explanation="14 Wh under its floor",
            ),
        ],
        changes=[
            replan_pb2.PlanChange(
                kind=replan_pb2.CHANGE_KIND_MOVED, item_id="secret-dig/0/dig", title="Secret trench",
                request_id="secret-dig", agency_id="ISRO", visibility=owner, before=_span(2, 3), after=_span(3, 4),
                reason="FORCED", explanation="spectro-x was late",
            ),
            replan_pb2.PlanChange(
                kind=replan_pb2.CHANGE_KIND_DROPPED, item_id="map-b/0/map", title="Map", request_id="map-b",
                agency_id="JAXA", before=_span(3, 4), reason="MADE_ROOM", because=["secret-dig/0/dig"],
                explanation="secret-dig/0/dig now needs its time", visibility=mission,
            ),
        ],
        profiles=[
            plan_pb2.ResourceProfile(resource_id="battery_wh", unit="Wh", value=[1.0, 2.0], minimum=1.0),
            plan_pb2.ResourceProfile(resource_id="spectro-x-gas", unit="1", value=[77.25], request_ids=["secret-dig"]),
            plan_pb2.ResourceProfile(resource_id="bits", unit="1", value=[3], request_ids=["drill-a", "secret-dig"]),
            plan_pb2.ResourceProfile(resource_id="arms", unit="1", value=[3], request_ids=["drill-a"]),
        ],
        objective=plan_pb2.Objective(
            objective=117.25, bound=120.0, gap=0.02, parts={"value": 117.25},
            agency_shares=[plan_pb2.AgencyShare(agency_id="ISRO", planned_value=77.25)], unsatisfied_rms=0.5,
        ),
        validation=plan_pb2.ValidationReport(valid=True, checks={"BATTERY_FLOOR": 3}),
        provenance=type_pb2.Provenance(
            inputs=[
                type_pb2.InputRecord(kind="mission", name="lupex/2", content_hash="sha256:document"),
                type_pb2.InputRecord(kind="terrain", name="lola", content_hash="sha256:lola"),
                type_pb2.InputRecord(kind="catalogue", name="lupex", content_hash="sha256:demand"),
            ],
            parameters={"seed": "7", "item_versions": "drill@1, trench-type@2"},
            notes=["Synthetic detail below 1600 m", "latency of assay is not looked after"],
        ),
        replan=replan_pb2.ReplanBasis(
            base_plan_id="plan-0", base_content_hash="merkle-sha256:00", label="late",
            events=[
                replan_pb2.PlanEvent(activity_run=replan_pb2.ActivityRun(activity_id="secret-dig/0/dig", data_bit=313)),
                replan_pb2.PlanEvent(array_power=replan_pb2.ArrayPower(factor=0.9)),
            ],
        ),
    )  # fmt: skip
