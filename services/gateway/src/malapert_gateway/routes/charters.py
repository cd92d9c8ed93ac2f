"""Charter of a mission, how it changes, and the versions of the mission that members propose."""

from typing import Annotated

from fastapi import APIRouter, Response
from malapert.planner.v1 import charter_pb2, mission_pb2
from malapert_http_models.contracts.planner import (
    ChangeCharter,
    Charter,
    CharterChange,
    CharterChanges,
    CharterChangeState,
    Consent,
    DeclineCharter,
    DeclineMissionProposal,
    Mission,
    MissionProposal,
    MissionProposals,
    MissionProposalState,
)

from malapert_gateway.conversion import enum_numbers, to_message
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    CharterChangeId,
    ExpectedVersion,
    GatewayParts,
    MissionId,
    ProposalId,
    only_these,
    versioned,
)

router = APIRouter(prefix="/missions/{mission_id}", tags=["missions"], route_class=GuardedRoute)


@router.get("/charter", responses={200: ETAG})
async def get_charter(mission_id: MissionId, response: Response, gateway: GatewayParts) -> Charter:
    """Return the charter of a mission in which the caller's agency takes part."""
    message = charter_pb2.GetCharterRequest(mission_id=mission_id)
    return await versioned(
        gateway, (await gateway.call(gateway.services.charters.GetCharter, message)).charter, Charter, response
    )


@router.post("/charter:change")
async def change_charter(
    mission_id: MissionId, body: ChangeCharter, gateway: GatewayParts, version: ExpectedVersion
) -> CharterChange:
    """Propose all members of a mission for an agency that owns it; in force at once where no other owner consents.

    Whoever is left out is no member any more; whoever stays goes on, whoever is new begins when it comes into force.
    """
    message = to_message(body, charter_pb2.ChangeCharterRequest, mission_id=mission_id, version=version)
    answer = await gateway.call(gateway.services.charters.ChangeCharter, message)
    return await gateway.answer(answer.change, CharterChange)


@router.get("/charter/changes")
async def list_charter_changes(
    mission_id: MissionId,
    gateway: GatewayParts,
    states: Annotated[list[CharterChangeState] | None, only_these("changes that stand so")] = None,
    consents: Annotated[list[Consent] | None, only_these("changes to these rules of consent")] = None,
) -> CharterChanges:
    """List the charters that were proposed, newest first, with who has consented."""
    message = charter_pb2.ListCharterChangesRequest(
        mission_id=mission_id,
        states=enum_numbers(charter_pb2.CharterChangeState.DESCRIPTOR, states),
        consents=enum_numbers(charter_pb2.Consent.DESCRIPTOR, consents),
    )
    return await gateway.answer(
        await gateway.call(gateway.services.charters.ListCharterChanges, message), CharterChanges
    )


@router.post("/charter/changes/{change_id}:consent")
async def consent_to_charter(mission_id: MissionId, change_id: CharterChangeId, gateway: GatewayParts) -> CharterChange:
    """Consent to a proposed charter for an owner; it is in force with the last consent that it needs."""
    message = charter_pb2.ConsentToCharterRequest(mission_id=mission_id, change_id=change_id)
    answer = await gateway.call(gateway.services.charters.ConsentToCharter, message)
    return await gateway.answer(answer.change, CharterChange)


@router.post("/charter/changes/{change_id}:decline")
async def decline_charter(
    mission_id: MissionId, change_id: CharterChangeId, body: DeclineCharter, gateway: GatewayParts
) -> CharterChange:
    """Decline a proposed charter for an owner whose consent it needs, or withdraw it."""
    message = to_message(body, charter_pb2.DeclineCharterRequest, mission_id=mission_id, change_id=change_id)
    answer = await gateway.call(gateway.services.charters.DeclineCharter, message)
    return await gateway.answer(answer.change, CharterChange)


@router.post(":leave", responses={200: ETAG})
async def leave_mission(mission_id: MissionId, response: Response, gateway: GatewayParts) -> Charter:
    """End the membership of the caller's agency; the last owner stays."""
    message = charter_pb2.LeaveMissionRequest(mission_id=mission_id)
    return await versioned(
        gateway, (await gateway.call(gateway.services.charters.LeaveMission, message)).charter, Charter, response
    )


@router.get("/proposals")
async def list_mission_proposals(
    mission_id: MissionId,
    gateway: GatewayParts,
    states: Annotated[list[MissionProposalState] | None, only_these("proposals that stand so")] = None,
) -> MissionProposals:
    """List proposed versions, newest first, without their documents: all for an owner, its own for another member."""
    message = mission_pb2.ListMissionProposalsRequest(
        mission_id=mission_id, states=enum_numbers(mission_pb2.MissionProposalState.DESCRIPTOR, states)
    )
    return await gateway.answer(
        await gateway.call(gateway.services.missions.ListMissionProposals, message), MissionProposals
    )


@router.get("/proposals/{proposal_id}")
async def get_mission_proposal(
    mission_id: MissionId, proposal_id: ProposalId, gateway: GatewayParts
) -> MissionProposal:
    """Return a proposed version with its document."""
    message = mission_pb2.GetMissionProposalRequest(mission_id=mission_id, proposal_id=proposal_id)
    answer = await gateway.call(gateway.services.missions.GetMissionProposal, message)
    return await gateway.answer(answer.proposal, MissionProposal)


@router.post("/proposals/{proposal_id}:accept")
async def accept_mission_proposal(mission_id: MissionId, proposal_id: ProposalId, gateway: GatewayParts) -> Mission:
    """Make a proposed version the mission's next one for an owner, or nothing of it and every fault with its path."""
    message = mission_pb2.AcceptMissionProposalRequest(mission_id=mission_id, proposal_id=proposal_id)
    answer = await gateway.call(gateway.services.missions.AcceptMissionProposal, message)
    return await gateway.answer(answer.mission, Mission)


@router.post("/proposals/{proposal_id}:decline")
async def decline_mission_proposal(
    mission_id: MissionId, proposal_id: ProposalId, body: DeclineMissionProposal, gateway: GatewayParts
) -> MissionProposal:
    """Decline a proposed version for an owner, or withdraw it for the agency that proposed it."""
    message = to_message(
        body, mission_pb2.DeclineMissionProposalRequest, mission_id=mission_id, proposal_id=proposal_id
    )
    answer = await gateway.call(gateway.services.missions.DeclineMissionProposal, message)
    return await gateway.answer(answer.proposal, MissionProposal)
