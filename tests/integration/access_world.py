"""A mission of several agencies on all five services in one process, with words that not everybody may read."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from malapert.payload.v1 import catalogue_pb2_grpc, request_pb2, request_pb2_grpc
from malapert_comms_window import factory as comms_window
from malapert_comms_window.config import CommsWindowSettings
from malapert_core.db.database import Database
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.identity import Identity, Role
from malapert_core.service import RunningService, open_runtime
from malapert_core.timestamps import utc_now
from malapert_gateway.app import create_app
from malapert_gateway.config import GatewaySettings
from malapert_gateway.factory import MIGRATIONS as GATEWAY_MIGRATIONS
from malapert_gateway.factory import open_gateway
from malapert_landing_site import factory as landing_site
from malapert_landing_site.config import LandingSiteSettings
from malapert_payload import factory as payload
from malapert_payload.config import PayloadSettings
from malapert_planner import factory as planner
from malapert_planner.config import PlannerSettings
from malapert_planner.domain.life.charter import CharterVersion
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.services.requests_out.catalogue import catalogue_request
from malapert_planner.storage.charters import CharterStore
from malapert_testing.nats_server import free_port
from malapert_testing.services import ServiceLauncher, open_test_channel
from mission_documents import load_mission
from neighbours import Neighbours, running_neighbours
from planner_client import PlannerClient
from sqlalchemy import MetaData, select

MISSION_ID = "lupex-week"
ROLES = tuple(role for role in Role if role is not Role.SERVICE)
POSITIONS: dict[str, frozenset[Part]] = {
    "JAXA": frozenset({Part.OWNER}),
    "ISRO": frozenset({Part.PLANNER}),
    "NASA": frozenset({Part.CONTRIBUTOR}),
    "ESA": frozenset({Part.APPROVER}),
    "DLR": frozenset({Part.STATION_PROVIDER}),
    "UKSA": frozenset({Part.OBSERVER}),
    "FORMER": frozenset(),
    "FUTURE": frozenset(),
    "OUTSIDE": frozenset(),
}
"""Agencies by their parts now."""
OF_MISSION = "Canary-of-the-mission"
OF_NASA = "Canary-of-NASA-alone"
_UNCOUNTED = ("outbox", "inbox", "audit", "alembic", "idempotency", "operation")
"""Beginnings of tables that say what was told or asked, not what is."""


@dataclass
class World:
    """The services, the mission in them, one HTTP client of the gateway, its database and the keys that it knows."""

    services: dict[str, RunningService[Any]]
    app: Any
    http: httpx.AsyncClient
    database: Database
    keys: dict[tuple[str, Role], str]
    plan_id: str
    request_id: str

    def bearer(self, agency_id: str, role: Role) -> dict[str, str]:
        """Return the header by which an agency's key of a role is shown to the gateway."""
        return {"Authorization": f"Bearer {self.keys[agency_id, role]}"}

    async def state(self) -> dict[str, str]:
        """Return a hash of every table of every service that holds what agencies have there."""
        found: dict[str, str] = {}
        for name, service in self.services.items():
            engine = service.runtime.database.engine
            async with engine.connect() as connection:
                tables = MetaData()
                await connection.run_sync(tables.reflect)
                for table in tables.sorted_tables:
                    if not table.name.startswith(_UNCOUNTED):
                        rows = (await connection.execute(select(table))).all()
                        text = "\n".join(sorted(map(repr, rows)))
                        found[f"{name}/{table.name}"] = hashlib.sha256(text.encode()).hexdigest()
        return found


def principal(agency_id: str, role: Role) -> Identity:
    """Return an agency's principal."""
    return Identity(agency_id, role, f"{agency_id}-{role}", f"key:{agency_id}-{role}")


@asynccontextmanager
async def open_world(nats_url: str, directory: Path) -> AsyncIterator[World]:
    """Run all services in this process with the mission in them."""
    async with AsyncExitStack() as stack:

        def launcher(name: str) -> ServiceLauncher:
            return ServiceLauncher(nats_url, f"sqlite+aiosqlite:///{directory / name}.db", directory / name)

        neighbours = await stack.enter_async_context(running_neighbours(Neighbours()))
        others = dict.fromkeys(("landing_site_target", "comms_window_target", "payload_target"), neighbours)
        # The planner asks itself for charters, too: its address is known before it serves.
        port = free_port()
        own = {"grpc_port": port, "planner_target": f"127.0.0.1:{port}"}
        run = launcher("planner").run(PlannerSettings, planner.build, planner.MIGRATIONS, **own, **others)
        services: dict[str, RunningService[Any]] = {"planner": await stack.enter_async_context(run)}
        target = services["planner"].target
        for name, settings, module in (
            ("payload", PayloadSettings, payload),
            ("landing_site", LandingSiteSettings, landing_site),
            ("comms_window", CommsWindowSettings, comms_window),
        ):
            more = {"landing_site_target": services["landing_site"].target} if name == "comms_window" else {}
            run = launcher(name).run(settings, module.build, module.MIGRATIONS, planner_target=target, **more)
            services[name] = await stack.enter_async_context(run)
        plan_id, taken_json = await _seeded_planner(services["planner"])
        request_id = await _seeded_payload(services["payload"], taken_json)
        targets = {f"{name}_target": service.target for name, service in services.items()}
        keys_file = directory / "keys.json"
        gateway_settings = launcher("gateway").settings(
            GatewaySettings,
            keys_file=keys_file,
            bootstrap_keys=tuple((agency_id, role) for agency_id in POSITIONS for role in ROLES),
            # Who may is asked here; how often is tried elsewhere.
            **dict.fromkeys(("rate_limit", "agency_rate_limit", "refusal_limit"), "1000000/minute"),
            **targets,
        )
        runtime = await stack.enter_async_context(open_runtime(gateway_settings, GATEWAY_MIGRATIONS))
        gateway = await stack.enter_async_context(open_gateway(runtime))
        app = create_app(gateway, {"tracer_provider": runtime.telemetry.provider, "metrics": False, "logs": False})
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://gateway"))
        written = json.loads(keys_file.read_text())["keys"]
        keys = {(each["agency_id"], Role[each["role"]]): each["key"] for each in written}
        yield World(services, app, http, runtime.database, keys, plan_id, request_id)


def document() -> dict[str, Any]:
    """Return the mission's document, in which NASA keeps a request to itself."""
    raw = json.loads(json.dumps(load_mission(MISSION_ID)))
    raw["mission"]["title"] = OF_MISSION
    hidden = {"id": OF_NASA.lower(), "title": OF_NASA, "agency": "NASA", "visibility": "owner", "relations": []}
    raw["requests"].append({**raw["requests"][0], **hidden, "mandatory": False})
    return raw


async def _seeded_planner(service: RunningService[Any]) -> tuple[str, bytes]:
    async with open_test_channel(service.target, principal("JAXA", Role.PLANNER)) as channel:
        client = PlannerClient.over(channel)
        mission = await client.create(json.dumps(document()).encode())
        operation = await client.generate()
    now = utc_now()
    began = now - timedelta(days=1)
    members = [Membership(agency_id, parts, began) for agency_id, parts in POSITIONS.items() if parts]
    members.append(Membership("FORMER", frozenset({Part.OWNER}), began, now - timedelta(hours=1)))
    members.append(Membership("FUTURE", frozenset({Part.OWNER}), now + timedelta(days=1)))
    charter = CharterVersion(Charter(MISSION_ID, 2, tuple(members)), now, ("JAXA", ""))
    async with service.runtime.database.transaction() as session:
        await CharterStore().add(session, charter)
    return str(operation.result_id), mission.document_json


async def _seeded_payload(service: RunningService[Any], document_json: bytes) -> str:
    target = service.target
    for_jaxa = Identity("JAXA", Role.PLANNER, "k", "key:k", via_service="planner")
    async with open_test_channel(target, for_jaxa) as channel:
        read = MissionDocument.model_validate_json(document_json)
        await catalogue_pb2_grpc.CatalogueServiceStub(channel).ImportCatalogue(
            catalogue_request(read, 1, validate_only=False)
        )
    async with open_test_channel(target, principal("JAXA", Role.PLANNER)) as channel:
        listed = await request_pb2_grpc.RequestServiceStub(channel).ListRequests(
            request_pb2.ListRequestsRequest(mission_id=MISSION_ID)
        )
    return next(request.request_id for request in listed.requests if request.agency_id == "JAXA")
