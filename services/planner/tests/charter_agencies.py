"""Agencies at the door of the charter of one mission."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from malapert.planner.v1 import charter_pb2, charter_pb2_grpc, mission_pb2
from malapert_core.errors import (
    MalapertError,
)
from malapert_core.policy.identity import Role
from mission_documents import load_mission
from planner_client import PlannerClient, client_of

WEEK = load_mission("lupex-week")
M = "lupex-week"
OWNER, CONTRIBUTOR, APPROVER, OBSERVER = (
    charter_pb2.PART_OWNER,
    charter_pb2.PART_CONTRIBUTOR,
    charter_pb2.PART_APPROVER,
    charter_pb2.PART_OBSERVER,
)


def wanted(**parts: Any) -> list[charter_pb2.WantedMembership]:
    """Return the memberships that are asked for, by agency."""
    return [charter_pb2.WantedMembership(agency_id=name, parts=held) for name, held in parts.items()]


class Agency:
    """An agency's planner at the charter's door."""

    def __init__(self, client: PlannerClient) -> None:
        self.client = client
        self.stub = charter_pb2_grpc.CharterServiceStub(client.channel)

    async def charter(self) -> charter_pb2.Charter:
        return (await self.stub.GetCharter(charter_pb2.GetCharterRequest(mission_id=M))).charter

    async def change(self, members: list[Any], **rest: Any) -> charter_pb2.CharterChange:
        request = charter_pb2.ChangeCharterRequest(mission_id=M, members=members, **rest)
        return (await self.stub.ChangeCharter(request)).change

    async def consent(self, change_id: str) -> charter_pb2.CharterChange:
        request = charter_pb2.ConsentToCharterRequest(mission_id=M, change_id=change_id)
        return (await self.stub.ConsentToCharter(request)).change

    async def decline(self, change_id: str) -> charter_pb2.CharterChange:
        request = charter_pb2.DeclineCharterRequest(mission_id=M, change_id=change_id, reason="no")
        return (await self.stub.DeclineCharter(request)).change

    async def leave(self) -> charter_pb2.Charter:
        return (await self.stub.LeaveMission(charter_pb2.LeaveMissionRequest(mission_id=M))).charter

    async def proposals(self, *states: mission_pb2.MissionProposalState.ValueType) -> list[mission_pb2.MissionProposal]:
        request = mission_pb2.ListMissionProposalsRequest(mission_id=M, states=states)
        return list((await self.client.missions.ListMissionProposals(request)).proposals)

    async def changes(self, **filters: Any) -> dict[str, charter_pb2.CharterChangeState.ValueType]:
        request = charter_pb2.ListCharterChangesRequest(mission_id=M, **filters)
        return {change.change_id: change.state for change in (await self.stub.ListCharterChanges(request)).changes}

    async def decide(self, verb: str, proposal_id: str, **rest: Any) -> Any:
        request = getattr(mission_pb2, f"{verb}MissionProposalRequest")(mission_id=M, proposal_id=proposal_id, **rest)
        return await getattr(self.client.missions, f"{verb}MissionProposal")(request)


@asynccontextmanager
async def agency(target: str, agency_id: str, role: Role = Role.PLANNER) -> AsyncIterator[Agency]:
    """Connect a planner of an agency."""
    async with client_of(target, agency_id, role) as client:
        yield Agency(client)


async def refused(call: Awaitable[Any], kind: type[MalapertError]) -> MalapertError:
    """Return the error of a kind with which a call is refused."""
    with pytest.raises(kind) as raised:
        await call
    return raised.value


def members_of(charter: charter_pb2.Charter) -> dict[str, set[int]]:
    """Return the parts of those who take part without an end, by agency."""
    return {member.agency_id: set(member.parts) for member in charter.members if not member.HasField("until")}
