"""Every call that changes something of payload's leaves its entries in the audit, once, with who did it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from malapert.payload.v1 import catalogue_pb2, demand_pb2, execution_pb2, request_pb2
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert.planner.v1.event_pb2 import PlanReleased
from malapert_testing.audit_walk import AuditWalk
from payload_world import MISSION, Client, client_of
from test_payload_agencies import panorama, submit
from test_payload_lives import asked, execution, summary
from test_payload_released_plans import publish, wait_handled
from test_payload_triage import decide, set_budget, triage, with_leave

JAXA, ISRO = "key:jaxa-1", "key:isro-1"
KEPT = "esa:secret-crater"


async def walk_catalogue(walk: AuditWalk, owner: Client, outsider: Client, given: ImportCatalogueRequest) -> None:
    checked = deepcopy(given)
    checked.validate_only = True
    await walk.leaves_none(owner.catalogues.ImportCatalogue(checked))
    taken = owner.catalogues.ImportCatalogue(given)
    requests = ["request.submitted"] * len(given.requests)
    method = "CatalogueService/ImportCatalogue"
    await walk.leaves(method, taken, "catalogue.imported", *requests, by=JAXA, kept_entity_id=KEPT)
    await walk.leaves_none(owner.catalogues.ImportCatalogue(given), outsider.catalogues.ImportCatalogue(given))
    # A version in which no request changes.
    given.mission_version = 2
    given.instruments[0].name += ", calibrated anew"
    await walk.leaves(method, owner.catalogues.ImportCatalogue(given), "catalogue.imported", by=JAXA)
    camera, kind = deepcopy(given.instruments[0]), deepcopy(given.activity_types[1])
    camera.instrument_id, camera.agency_id = "camera-2", "jaxa"
    kind.activity_type_id, kind.agency_id = "jaxa-pan", "jaxa"
    for verb, action, fields in (
        ("PublishInstrument", "instrument.published", {"instrument": camera}),
        ("PublishActivityType", "activity_type.published", {"activity_type": kind}),
    ):
        request = getattr(catalogue_pb2, f"{verb}Request")(mission_id=MISSION, **fields)
        publishing, refused = getattr(owner.catalogues, verb), getattr(outsider.catalogues, verb)
        await walk.leaves_none(refused(request))
        await walk.leaves(f"CatalogueService/{verb}", publishing(request), action, by=JAXA)
        await walk.leaves_none(publishing(request))


async def walk_requests(walk: AuditWalk, owner: Client, isro: Client, outsider: Client) -> None:
    await with_leave(owner, isro)
    await walk.skip()
    sent = request_pb2.SubmitRequestsRequest(
        mission_id=MISSION, requests=[panorama("a", "isro"), panorama("b", "isro")]
    )
    checked = deepcopy(sent)
    checked.validate_only = True
    await walk.leaves_none(isro.requests.SubmitRequests(checked), outsider.requests.SubmitRequests(sent))
    twice = ["request.submitted"] * 2
    await walk.leaves("RequestService/SubmitRequests", isro.requests.SubmitRequests(sent), *twice, by=ISRO)
    await walk.leaves_none(isro.requests.SubmitRequests(sent))
    revised = request_pb2.ReviseRequestRequest(mission_id=MISSION, request=panorama("a", "isro", value=4.0))
    await walk.leaves_none(outsider.requests.ReviseRequest(revised))
    await walk.leaves("RequestService/ReviseRequest", isro.requests.ReviseRequest(revised), "request.revised", by=ISRO)
    await walk.leaves_none(isro.requests.ReviseRequest(revised))
    table = request_pb2.ImportRequestsRequest(
        mission_id=MISSION, requests=[panorama("b", "isro", value=5.0), panorama("c", "isro")]
    )
    await walk.leaves_none(outsider.requests.ImportRequests(table))
    read = isro.requests.ImportRequests(table)
    await walk.leaves("RequestService/ImportRequests", read, "request.revised", "request.submitted", by=ISRO)
    await walk.leaves_none(isro.requests.ImportRequests(table))
    gone = request_pb2.CancelRequestRequest(mission_id=MISSION, request_id="c", reason="no film")
    await walk.leaves_none(outsider.requests.CancelRequest(gone), owner.requests.CancelRequest(gone))
    await walk.leaves("RequestService/CancelRequest", isro.requests.CancelRequest(gone), "request.cancelled", by=ISRO)
    await walk.leaves_none(isro.requests.CancelRequest(gone))


async def walk_demand(walk: AuditWalk, owner: Client, isro: Client, outsider: Client) -> None:
    await walk.leaves_none(triage(isro, "a", "DECLINE"), triage(outsider, "a", "DECLINE"))
    declined = triage(owner, "a", "DECLINE")
    await walk.leaves("DemandService/TriageRequest", declined, "request.rejected", by=JAXA)
    admitted = triage(owner, "b", "ADMIT")
    await walk.leaves("DemandService/TriageRequest", admitted, "request.changed", by=JAXA)
    await walk.leaves_none(triage(owner, "b", "ADMIT"), set_budget(isro, "isro", value_budget=9.0))
    budget = set_budget(owner, "isro", value_budget=10.0)
    await walk.leaves("DemandService/SetDemandBudget", budget, "demand_budget.set", by=JAXA)
    await walk.leaves_none(set_budget(owner, "isro", value_budget=10.0))
    use = demand_pb2.AskUseRequest(
        mission_id=MISSION, item_kind=demand_pb2.ITEM_KIND_ACTIVITY_TYPE, item_id="jaxa-pan", reason="for the press"
    )
    await walk.leaves_none(outsider.demand.AskUse(use))
    answer = await walk.leaves("DemandService/AskUse", isro.demand.AskUse(use), "use_permission.asked", by=ISRO)
    await walk.leaves_none(isro.demand.AskUse(use))
    granting = answer.permission.permission_id
    await walk.leaves_none(decide(isro, granting, "GRANTED"), decide(outsider, granting, "GRANTED"))
    decided = decide(owner, granting, "GRANTED")
    await walk.leaves("DemandService/DecideUse", decided, "use_permission.granted", by=JAXA)
    await walk.leaves_none(decide(owner, granting, "GRANTED"))


async def walk_reports(walk: AuditWalk, service: Any, owner: Client, outsider: Client) -> None:
    await publish(service.runtime, PlanReleased(plan=summary("p1", 2)))
    await wait_handled(service)
    await walk.skip()
    method = "ExecutionService/ReportExecution"
    started = asked(execution(0, execution_pb2.EXECUTION_OUTCOME_STARTED))
    done = asked(execution(0, execution_pb2.EXECUTION_OUTCOME_DONE))
    await walk.leaves_none(outsider.executions.ReportExecution(done))
    reported = owner.executions.ReportExecution(started)
    await walk.leaves(method, reported, "execution.reported", "request.processing", by=JAXA)
    reported = owner.executions.ReportExecution(done)
    await walk.leaves(method, reported, "execution.reported", "request.changed", by=JAXA)
    await walk.leaves_none(owner.executions.ReportExecution(done))


@pytest.mark.asyncio
async def test_each_changing_call_of_payload_leaves_its_entries(
    launch_once: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with (
        launch_once() as service,
        client_of(service) as owner,
        client_of(service, "isro") as isro,
        client_of(service, "acme") as outsider,
    ):
        walk = AuditWalk(service, MISSION)
        await walk_catalogue(walk, owner, outsider, mission_import)
        await walk_requests(walk, owner, isro, outsider)
        await walk_demand(walk, owner, isro, outsider)
        await walk_reports(walk, service, owner, outsider)
        assert await submit(isro, panorama("last", "isro"))
        walk.require_all("payload")
