"""Charters that a test writes, in place of the planner's."""

import math
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from malapert.planner.v1 import charter_pb2, charter_pb2_grpc, sign_off_pb2
from malapert_core.errors import NotFoundError
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.charters import CHARTER_SERVICE
from malapert_core.rpc.certificates import Certificates
from malapert_core.rpc.mapping import to_message
from malapert_core.rpc.server import CallInterceptor, GrpcServer, Registration
from malapert_core.timestamps import to_timestamp

from malapert_testing.identities import service_tokens

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
EVERYBODY = ("JAXA", "ISRO", "NASA", "ESA", "DLR")


def charter_of_all(mission_id: str, agency_ids: tuple[str, ...] = EVERYBODY) -> Charter:
    """Return a charter in which each agency has every part, since long ago, of a mission with a rover."""
    members = tuple(Membership(agency_id, frozenset(Part), LONG_AGO) for agency_id in agency_ids)
    return Charter(mission_id, 1, members, asset_ids=frozenset({"rover"}))


@dataclass
class CharterBook(charter_pb2_grpc.CharterServiceServicer):
    """Charters by mission; is a `Charters`, and serves them as the planner does.

    ``charter_calls`` and ``batches`` are the missions that calls asked for. A mission that has none in the book has
    `charter_of_all`, unless ``only_these``.
    """

    charters: dict[str, Charter] = field(default_factory=dict)
    only_these: bool = False
    everybody: tuple[str, ...] = EVERYBODY
    charter_calls: list[str] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)

    async def get(self, mission_id: str, *, asked_since_s: float = -math.inf) -> Charter | None:
        """Return the charter of a mission, None where there is no such mission."""
        absent = None if self.only_these else charter_of_all(mission_id, self.everybody)
        return self.charters.get(mission_id, absent)

    async def get_all(self, mission_ids: Collection[str]) -> dict[str, Charter]:
        """Return the charters of those of some missions that there are."""
        found = {name: await self.get(name) for name in mission_ids}
        return {name: charter for name, charter in found.items() if charter is not None}

    async def BatchGetCharters(  # noqa: N802
        self, request: charter_pb2.BatchGetChartersRequest, context: Any
    ) -> charter_pb2.BatchGetChartersResponse:
        """Return the charters of those of some missions that there are."""
        self.batches.append(list(request.mission_ids))
        found = await self.get_all(request.mission_ids)
        return charter_pb2.BatchGetChartersResponse(charters=map(_message, found.values()))

    async def GetCharter(  # noqa: N802
        self, request: charter_pb2.GetCharterRequest, context: Any
    ) -> charter_pb2.GetCharterResponse:
        """Return the charter of a mission."""
        self.charter_calls.append(request.mission_id)
        charter = await self.get(request.mission_id)
        if charter is None:
            raise NotFoundError("mission", request.mission_id)
        return charter_pb2.GetCharterResponse(charter=_message(charter))

    @asynccontextmanager
    async def served(self, certificates: Certificates | None = None) -> AsyncIterator[str]:
        """Serve the charters and yield the address, for the setting ``planner_target``."""
        registration = Registration(CHARTER_SERVICE, charter_pb2_grpc.add_CharterServiceServicer_to_server, self)
        interceptor = CallInterceptor(service_tokens("planner"), "planner")
        server = GrpcServer([registration], interceptors=[interceptor], certificates=certificates)
        await server.start()
        try:
            yield f"127.0.0.1:{server.port}"
        finally:
            await server.stop(0.2)


def _message(charter: Charter) -> charter_pb2.Charter:
    return charter_pb2.Charter(
        mission_id=charter.mission_id,
        version=charter.version,
        is_public=charter.is_public,
        asset_ids=sorted(charter.asset_ids),
        members=[
            charter_pb2.Membership(
                agency_id=member.agency_id,
                parts=[charter_pb2.Part.Value(f"PART_{part.name}") for part in member.parts],
                since=to_timestamp(member.since),
                until=None if member.until is None else to_timestamp(member.until),
                sees_earlier=member.sees_earlier,
            )
            for member in charter.members
        ],
        consent=charter_pb2.Consent.Value(f"CONSENT_{charter.consent.name}"),
        sign_off=to_message(charter.sign_off, sign_off_pb2.SignOffRule),
    )
