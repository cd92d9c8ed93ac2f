"""Serves missions."""

from dataclasses import replace
from typing import Any

from malapert.planner.v1 import mission_pb2, mission_pb2_grpc
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.paging import cursor_key, encode_cursor, page_size_of

from malapert_planner.domain.life.proposal import MissionProposal, MissionProposalState
from malapert_planner.handlers.messages import mission_message, proposal_message
from malapert_planner.mission_document import mission_schema
from malapert_planner.services.plans.charters import CharterService
from malapert_planner.services.plans.missions import MissionService
from malapert_planner.services.plans.proposals import ProposalService


class MissionHandlers(mission_pb2_grpc.MissionServiceServicer):
    """Translates between messages and the mission service."""

    def __init__(self, missions: MissionService, charters: CharterService, proposals: ProposalService) -> None:
        self._missions = missions
        self._charters = charters
        self._proposals = proposals

    async def CreateMission(  # noqa: N802
        self, request: mission_pb2.CreateMissionRequest, context: Any
    ) -> mission_pb2.CreateMissionResponse:
        """Take a mission document."""
        identity = require_identity()
        made = await self._missions.create(request.document_json, identity, validate_only=request.validate_only)
        if isinstance(made, MissionProposal):
            return mission_pb2.CreateMissionResponse(proposal=proposal_message(made))
        return mission_pb2.CreateMissionResponse(mission=mission_message(made))

    async def GetMission(  # noqa: N802
        self, request: mission_pb2.GetMissionRequest, context: Any
    ) -> mission_pb2.GetMissionResponse:
        """Return a mission."""
        mission = await self._missions.get(request.mission_id, request.version)
        newest_version = await self._missions.newest_version(request.mission_id)
        seen = await self._charters.seen(mission, newest_version, require_identity())
        is_redacted = seen.document_json != mission.document_json
        return mission_pb2.GetMissionResponse(mission=mission_message(seen, is_redacted=is_redacted))

    async def ListMissions(  # noqa: N802
        self, request: mission_pb2.ListMissionsRequest, context: Any
    ) -> mission_pb2.ListMissionsResponse:
        """Return a page of missions, newest version of each."""
        size = page_size_of(request.page.page_size)
        after_id = cursor_key(request.page.page_token)
        entered = await self._charters.entered(require_identity())
        missions = await self._missions.page(size + 1, after_id, None if entered is None else frozenset(entered))
        more = len(missions) > size
        return mission_pb2.ListMissionsResponse(
            missions=[mission_message(mission) for mission in missions[:size]],
            next_page_token=encode_cursor(missions[size - 1].mission_id) if more else "",
        )

    async def GetMissionSchema(  # noqa: N802
        self, request: mission_pb2.GetMissionSchemaRequest, context: Any
    ) -> mission_pb2.GetMissionSchemaResponse:
        """Return the JSON Schema of mission documents."""
        return mission_pb2.GetMissionSchemaResponse(schema_json=mission_schema())

    async def ListMissionProposals(  # noqa: N802
        self, request: mission_pb2.ListMissionProposalsRequest, context: Any
    ) -> mission_pb2.ListMissionProposalsResponse:
        """Return the latest proposed versions, without their documents."""
        states = wanted_values(
            MissionProposalState, request.states, mission_pb2.MissionProposalState.DESCRIPTOR, "states"
        )
        proposals = await self._proposals.newest(request.mission_id, require_identity(), states)
        listed = [proposal_message(replace(proposal, document_json=b"")) for proposal in proposals]
        return mission_pb2.ListMissionProposalsResponse(proposals=listed)

    async def GetMissionProposal(  # noqa: N802
        self, request: mission_pb2.GetMissionProposalRequest, context: Any
    ) -> mission_pb2.GetMissionProposalResponse:
        """Return a proposed version."""
        proposal = await self._proposals.get(request.mission_id, request.proposal_id, require_identity())
        return mission_pb2.GetMissionProposalResponse(proposal=proposal_message(proposal))

    async def AcceptMissionProposal(  # noqa: N802
        self, request: mission_pb2.AcceptMissionProposalRequest, context: Any
    ) -> mission_pb2.AcceptMissionProposalResponse:
        """Make a proposed version the mission's next one."""
        mission = await self._proposals.accept(request.mission_id, request.proposal_id, require_identity())
        return mission_pb2.AcceptMissionProposalResponse(mission=mission_message(mission))

    async def DeclineMissionProposal(  # noqa: N802
        self, request: mission_pb2.DeclineMissionProposalRequest, context: Any
    ) -> mission_pb2.DeclineMissionProposalResponse:
        """Decline a proposed version, or withdraw it."""
        proposal = await self._proposals.decline(
            request.mission_id, request.proposal_id, request.reason, require_identity()
        )
        return mission_pb2.DeclineMissionProposalResponse(proposal=proposal_message(proposal))
