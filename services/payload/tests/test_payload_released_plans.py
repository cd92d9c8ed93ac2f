"""Requests follow the plans that are released and ended, over a real broker and both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from malapert.payload.v1 import event_pb2, request_pb2
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert.planner.v1.event_pb2 import PlanReleased, PlanSummary, PlanTerminated
from malapert_core.db.tables import OutboxRow
from malapert_core.events.outbox import EventOutbox, OutboxPublisher
from malapert_core.service import ServiceRuntime, open_runtime
from malapert_payload.config import PayloadSettings
from malapert_payload.factory import MIGRATIONS
from malapert_testing.services import ServiceLauncher
from nats.js.errors import NotFoundError as ConsumerNotYetThereError
from payload_world import Payload, client_of, events_of, states_of
from sqlmodel import col, select


def plan_of(plan_id: str, *request_ids: str) -> PlanSummary:
    planned = dict.fromkeys(request_ids, 1)
    return PlanSummary(plan_id=plan_id, mission_id="polar-test", planned_requests=planned, state_reason="drill")


async def publish(runtime: ServiceRuntime[PayloadSettings], *news: PlanReleased | PlanTerminated) -> None:
    """Publish plan events as the planner's outbox does."""
    outbox = EventOutbox("planner")
    async with runtime.database.transaction() as session:
        for message in news:
            outbox.add(session, message, entity_id="plan", agency_id="jaxa")
    await OutboxPublisher(runtime.database, outbox, runtime.nats).publish_pending()


async def wait_handled(service: Payload) -> None:
    """Return when payload's consumer has acknowledged everything on the planner's stream."""
    js = service.runtime.js
    while True:
        try:
            consumer = await js.consumer_info("MALAPERT_PLANNER", "payload-plans")
        except ConsumerNotYetThereError:
            continue
        if not consumer.num_pending and not consumer.num_ack_pending:
            return


@pytest.mark.asyncio
async def test_a_released_plan_marks_its_requests_once(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        released = PlanReleased(plan=plan_of("plan-1", "pan-daily", "sample-ridge", "nobody-knows"))
        await publish(service.runtime, released, released)
        await wait_handled(service)
        assert await states_of(client) == {"pan-daily": "PLANNED", "sample-ridge": "PLANNED"}
        changed = [event for event in (await events_of(service))[6:] if event[1] != "plan"]
        assert [(kind, entity) for kind, entity, _ in changed] == [
            ("changed", "polar-test/pan-daily"),
            ("changed", "polar-test/sample-ridge"),
        ]
        wanted = request_pb2.GetRequestRequest(mission_id="polar-test", request_id="pan-daily")
        change = (await client.requests.GetRequest(wanted)).request.history[2]
        assert (change.agency_id, change.reason) == ("jaxa", "in released plan plan-1")


@pytest.mark.asyncio
async def test_what_was_released_while_the_service_was_down_is_caught_up(
    launch: Callable[[], Any], service_runtime: ServiceLauncher, mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
    async with open_runtime(service_runtime.settings(PayloadSettings), MIGRATIONS) as runtime:
        released = PlanReleased(plan=plan_of("plan-1", "pan-daily"))
        await publish(runtime, released, released)
    async with launch() as service, client_of(service) as client:
        await wait_handled(service)
        assert (await states_of(client))["pan-daily"] == "PLANNED"


@pytest.mark.asyncio
async def test_a_terminated_plan_gives_its_requests_back(
    launch: Callable[[], Any], mission_import: ImportCatalogueRequest
) -> None:
    async with launch() as service, client_of(service) as client:
        await client.catalogues.ImportCatalogue(mission_import)
        first, second = plan_of("plan-1", "pan-daily", "sample-ridge"), plan_of("plan-2", "pan-daily")
        ended = PlanTerminated(plan=first)
        late = PlanReleased(plan=first)
        await publish(service.runtime, PlanReleased(plan=first), PlanReleased(plan=second), ended, ended, late)
        await wait_handled(service)
        assert await states_of(client) == {"pan-daily": "PLANNED", "sample-ridge": "ACCEPTED"}
        event = event_pb2.RequestChanged()
        async with service.runtime.database.reading() as session:
            rows = await session.exec(select(OutboxRow).order_by(col(OutboxRow.sequence).desc()))
            last = next(row for row in rows if row.headers["ce-subject"].startswith("polar-test/"))
        event.ParseFromString(last.data)
        assert event.request.request_id == "sample-ridge"
        assert event.request.history[-1].reason == "plan plan-1 was terminated: drill"
