"""Serves missions."""

from typing import Any

from malapert.planner.v1 import mission_pb2, mission_pb2_grpc
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.paging import decode_cursor, encode_cursor, page_size_of

from malapert_planner.handlers.messages import mission_message
from malapert_planner.mission_document import mission_schema
from malapert_planner.services.plans.missions import MissionService


class MissionHandlers(mission_pb2_grpc.MissionServiceServicer):
    """Translates between messages and the mission service."""

    def __init__(self, missions: MissionService) -> None:
        self._missions = missions

    async def CreateMission(  # noqa: N802
        self, request: mission_pb2.CreateMissionRequest, context: Any
    ) -> mission_pb2.CreateMissionResponse:
        """Take a mission document."""
        identity = require_identity()
        mission = await self._missions.create(request.document_json, identity, validate_only=request.validate_only)
        return mission_pb2.CreateMissionResponse(mission=mission_message(mission))

    async def GetMission(  # noqa: N802
        self, request: mission_pb2.GetMissionRequest, context: Any
    ) -> mission_pb2.GetMissionResponse:
        """Return a mission."""
        mission = await self._missions.get(request.mission_id, request.version)
        return mission_pb2.GetMissionResponse(mission=mission_message(mission))

    async def ListMissions(  # noqa: N802
        self, request: mission_pb2.ListMissionsRequest, context: Any
    ) -> mission_pb2.ListMissionsResponse:
        """Return a page of missions, newest version of each."""
        size = page_size_of(request.page.page_size)
        after_id = decode_cursor(request.page.page_token)[0] if request.page.page_token else ""
        missions = await self._missions.page(size + 1, after_id)
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
