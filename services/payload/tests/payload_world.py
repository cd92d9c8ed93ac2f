"""The agencies around the payload service: their charter, the planner that keeps it, and their clients."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from malapert.payload.v1 import request_pb2
from malapert.payload.v1.catalogue_pb2_grpc import CatalogueServiceStub
from malapert.payload.v1.demand_pb2_grpc import DemandServiceStub
from malapert.payload.v1.execution_pb2_grpc import ExecutionServiceStub
from malapert.payload.v1.request_pb2_grpc import RequestServiceStub
from malapert.payload.v1.science_pb2_grpc import ScienceServiceStub
from malapert.planner.v1 import charter_pb2_grpc, feasibility_pb2, feasibility_pb2_grpc
from malapert_core.db.tables import OutboxRow
from malapert_core.errors import MalapertError, UnavailableError
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.charters import CHARTER_SERVICE
from malapert_core.policy.identity import Identity, Role
from malapert_core.rpc.certificates import Certificates
from malapert_core.rpc.server import CallInterceptor, GrpcServer, Registration
from malapert_core.service import RunningService
from malapert_payload.config import PayloadSettings
from malapert_testing.charters import LONG_AGO, CharterBook
from malapert_testing.identities import service_tokens
from malapert_testing.services import open_test_channel
from sqlmodel import col, select

Payload = RunningService[PayloadSettings]
MISSION = "polar-test"
TITLES = {"jaxa": (Part.OWNER,), "isro": (Part.CONTRIBUTOR, Part.APPROVER), "esa": (Part.CONTRIBUTOR,)}
SERVICES = [f"malapert.payload.v1.{name}Service" for name in ("Catalogue", "Request", "Execution", "Science", "Demand")]


def charter_of(mission_id: str = MISSION, *more: Membership, is_public: bool = False) -> Charter:
    """Return the charter of the tests' mission: JAXA owns it, ISRO and ESA contribute."""
    members = tuple(Membership(name, frozenset(parts), LONG_AGO) for name, parts in TITLES.items())
    return Charter(mission_id, 1, (*members, *more), is_public)


@dataclass
class PlannerStub(CharterBook, feasibility_pb2_grpc.FeasibilityServiceServicer):
    """The planner as payload asks it: charters, and reasons against demand by request."""

    reasons: dict[str, str] = field(default_factory=dict)
    asked: list[feasibility_pb2.CheckFeasibilityRequest] = field(default_factory=list)
    is_away: bool = False

    async def CheckFeasibility(  # noqa: N802
        self, request: feasibility_pb2.CheckFeasibilityRequest, context: Any
    ) -> feasibility_pb2.CheckFeasibilityResponse:
        """Return the reasons against what is asked for."""
        if self.is_away:
            raise UnavailableError("DOWN", "the planner is away")
        self.asked.append(request)
        names = {draft.request_id for draft in request.demand.activities}
        reasons = [
            feasibility_pb2.InfeasibilityReason(request_id=name, rule_id="NO_WINDOW", message=self.reasons[name])
            for name in sorted(names & self.reasons.keys())
        ]
        return feasibility_pb2.CheckFeasibilityResponse(reasons=reasons)

    @asynccontextmanager
    async def served(self, certificates: Certificates | None = None) -> AsyncIterator[str]:
        """Serve and yield the address."""
        registrations = [
            Registration(CHARTER_SERVICE, charter_pb2_grpc.add_CharterServiceServicer_to_server, self),
            Registration(
                "malapert.planner.v1.FeasibilityService",
                feasibility_pb2_grpc.add_FeasibilityServiceServicer_to_server,
                self,
            ),
        ]
        server = GrpcServer(
            registrations,
            certificates=certificates,
            interceptors=[CallInterceptor(service_tokens("planner"), "planner")],
        )
        await server.start()
        try:
            yield f"127.0.0.1:{server.port}"
        finally:
            await server.stop(0.2)


class Client:
    """Calls of an agency, and of the planner on its behalf where those alone are allowed."""

    def __init__(self, channel: Any, planner_channel: Any) -> None:
        self.catalogues: Any = _Joined(CatalogueServiceStub(channel), CatalogueServiceStub(planner_channel))
        self.requests: Any = _Joined(RequestServiceStub(channel), RequestServiceStub(planner_channel))
        self.executions: Any = ExecutionServiceStub(channel)
        self.science: Any = ScienceServiceStub(channel)
        self.demand: Any = DemandServiceStub(channel)


class _Joined:
    def __init__(self, own: Any, planner: Any) -> None:
        self._own, self._planner = own, planner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._planner if name in ("ImportCatalogue", "ExpandRequests") else self._own, name)


@asynccontextmanager
async def client_of(
    service: Any, agency_id: str = "jaxa", role: Role = Role.PLANNER, kind: type[Client] = Client
) -> AsyncIterator[Any]:
    """Yield a client of an agency in a role."""
    identity = Identity(agency_id, role, f"{agency_id}-key", f"key:{agency_id}-1")
    async with (
        open_test_channel(service.target, identity, SERVICES) as channel,
        open_test_channel(service.target, replace(identity, via_service="planner"), SERVICES) as planner_channel,
    ):
        yield kind(channel, planner_channel)


async def refused(call: Awaitable[object], kind: type[MalapertError] = MalapertError) -> MalapertError:
    """Return the error of a call."""
    with pytest.raises(kind) as caught:
        await call
    return caught.value


def member(agency_id: str, *parts: Part, since: datetime = LONG_AGO, **fields: Any) -> Membership:
    """Return a membership."""
    return Membership(agency_id, frozenset(parts), since, **fields)


FUTURE = datetime(2040, 1, 1, tzinfo=UTC)


async def states_of(client: Client) -> dict[str, str]:
    """Return the states of the mission's requests that a client sees, by request."""
    response = await client.requests.ListRequests(request_pb2.ListRequestsRequest(mission_id=MISSION))
    names = request_pb2.RequestState.Name
    return {request.request_id: names(request.state)[14:] for request in response.requests}


async def events_of(service: Payload) -> list[tuple[str, str, str]]:
    """Return the events of a service in order: last part of the subject, what it is of, who sees it."""
    async with service.runtime.database.reading() as session:
        rows = (await session.exec(select(OutboxRow).order_by(col(OutboxRow.sequence)))).all()
    return [(row.subject.split(".")[-1], row.headers["ce-subject"], row.headers["ce-visibility"]) for row in rows]
