"""Provenance of a plan by content, and the notices that its reader needs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from malapert.comms_window.v1 import window_pb2
from malapert.landing_site.v1 import route_pb2, site_pb2, terrain_pb2
from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp, utc_now
from malapert_core.vocabulary.content_hash import content_hash

from malapert_planner import __version__
from malapert_planner.domain.life.mission import Mission
from malapert_planner.domain.life.plan import Plan
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.figures import Confidence
from malapert_planner.mission_document.sources import figures_of
from malapert_planner.services.jobs.planning_jobs import PlanningOutcome, SolveLimits
from malapert_planner.services.making.antenna_book import book_records
from malapert_planner.services.making.plannable import plannable
from malapert_planner.services.making.problem_inputs import ProblemInputs

_MEANINGS = {
    Confidence.ASSUMPTION: "modelling assumptions that nobody published",
    Confidence.UNVERIFIED: "unverified: not to be published as fact",
    Confidence.LOW: "from weak sources or proxies",
}


def plan_provenance(
    mission: Mission,
    document: MissionDocument,
    stack: terrain_pb2.TerrainStack,
    search: site_pb2.SiteSearch | None,
    routes: route_pb2.FindRoutesResponse,
    window_set: window_pb2.WindowSet,
    inputs: ProblemInputs,
    outcome: PlanningOutcome,
    limits: SolveLimits,
) -> type_pb2.Provenance:
    """Return everything that a plan depends on: inputs by hash, parameters, software, and notes."""
    records = [_record("mission", f"{mission.mission_id}/{mission.version}", mission.content_hash)]
    records += [_record("terrain", terrain.title, terrain.content_hash) for terrain in stack.terrains]
    if search is not None:
        records.append(_record("site_search", search.site_search_id, _message_hash(search)))
    records.append(_record("routes", "routes", _message_hash(routes)))
    records.append(_record("window_set", window_set.window_set_id, _message_hash(window_set)))
    records += [record for record in window_set.provenance.inputs if record.kind not in ("terrain", "terrain_stack")]
    records += book_records(inputs)
    records.append(_record("catalogue", mission.mission_id, inputs.requests.content_hash))
    demand = plannable(inputs.requests).demand
    parameters = {
        **outcome.result.parameters,
        "seed": str(limits.seed),
        "work_limit_s": f"{limits.work_limit_s:g}",
        "work_s": f"{outcome.result.work:.6f}",
        "item_versions": ", ".join(sorted({name for draft in demand.activities for name in draft.item_versions})),
    }
    return type_pb2.Provenance(
        inputs=records,
        parameters=parameters,
        software=f"malapert-planner {__version__}, OR-Tools {version('ortools')}",
        created_time=to_timestamp(utc_now()),
        synthetic_terrain=stack.synthetic,
        notes=[
            *document.mission.notes,
            *_confidence_notes(document),
            *_mass_notes(document),
            *stack.notes,
            *inputs.requests.notes,
            *_latency_notes(document, demand),
        ],
    )


def derived_provenance(
    base: Plan,
    message: plan_pb2.Plan,
    parameters: Mapping[str, str],
    time: datetime,
    records: Sequence[type_pb2.InputRecord] = (),
) -> type_pb2.Provenance:
    """Return what a plan depends on that was made from another one: all that the other does, and the other.

    What was read anew, ``records``, stands in the place of what was read before.
    """
    provenance = type_pb2.Provenance()
    provenance.CopyFrom(message.provenance)
    anew = {record.kind for record in records}
    kept = [record for record in provenance.inputs if record.kind not in anew]
    del provenance.inputs[:]
    provenance.inputs.extend([*kept, *records])
    provenance.inputs.append(_record("plan", base.plan_id, base.content.content_hash))
    for name, value in parameters.items():
        provenance.parameters[name] = value
    provenance.created_time.CopyFrom(to_timestamp(time))
    return provenance


def _record(kind: str, name: str, digest: str) -> type_pb2.InputRecord:
    return type_pb2.InputRecord(kind=kind, name=name, content_hash=digest)


def _message_hash(message: Message) -> str:
    """Return the hash of what a message says, without identifiers and times that another run would make anew."""
    return content_hash(_lasting(MessageToDict(message, preserving_proto_field_name=True)))


def _lasting(content: object) -> object:
    if isinstance(content, dict):
        volatile = ("site_search_id", "site_id", "window_set_id", "terrain_stack_id", "created_time")
        return {key: _lasting(value) for key, value in content.items() if key not in volatile}
    return [_lasting(value) for value in content] if isinstance(content, list) else content


def _confidence_notes(document: MissionDocument) -> list[str]:
    figures = [figure for _, figure in figures_of(document)]
    counts = Counter(figure.confidence for figure in figures)
    return [
        f"{counts[confidence]} of {len(figures)} figures of the mission are {meaning}"
        for confidence, meaning in _MEANINGS.items()
        if counts[confidence]
    ]


def _latency_notes(document: MissionDocument, demand: request_pb2.ExpandRequestsResponse) -> list[str]:
    """Say whose latency is not looked after: without a terrain nothing says when what is sent."""
    limited = {product.product_id for draft in demand.activities for product in draft.products if product.max_latency_s}
    if document.terrain is not None or not limited:
        return []
    return [f"the mission has no terrain, so that latency limits are not looked after: {', '.join(sorted(limited))}"]


def _mass_notes(document: MissionDocument) -> list[str]:
    check = document.launch.mass_check if document.launch else None
    if check is None:
        return []
    margin_kg = check.lunar_transfer_capability.amount - check.spacecraft_mass.amount
    verdict = "fits" if margin_kg >= 0 else "is not shown to fit"
    return [
        f"mass check: a spacecraft of {check.spacecraft_mass.value} {verdict} the {check.vehicle}'s published "
        f"{check.lunar_transfer_capability.value} to lunar transfer (margin {margin_kg:+.0f} kg)"
    ]
