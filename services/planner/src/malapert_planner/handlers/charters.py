"""Serves charters."""

from collections.abc import Iterable
from typing import Any

from malapert.planner.v1 import charter_pb2, charter_pb2_grpc
from malapert_core.policy.charter import Membership
from malapert_core.timestamps import to_timestamp

from malapert_planner.domain.life.charter import CharterVersion
from malapert_planner.services.plans.charters import CharterService


class CharterHandlers(charter_pb2_grpc.CharterServiceServicer):
    """Translates between messages and the charter service."""

    def __init__(self, charters: CharterService) -> None:
        self._charters = charters

    async def GetCharter(  # noqa: N802
        self, request: charter_pb2.GetCharterRequest, context: Any
    ) -> charter_pb2.GetCharterResponse:
        """Return the charter in force of a mission."""
        version = await self._charters.version(request.mission_id)
        asset_ids = await self._charters.asset_ids(request.mission_id)
        return charter_pb2.GetCharterResponse(charter=charter_message(version, asset_ids))


def charter_message(version: CharterVersion, asset_ids: Iterable[str] = ()) -> charter_pb2.Charter:
    """Return a charter as its message, with the assets of the mission."""
    charter = version.charter
    return charter_pb2.Charter(
        mission_id=charter.mission_id,
        version=charter.version,
        members=[membership_message(member) for member in charter.members],
        is_public=charter.is_public,
        changed_time=to_timestamp(version.changed_time),
        asset_ids=asset_ids,
    )


def membership_message(member: Membership) -> charter_pb2.Membership:
    """Return a membership as its message."""
    return charter_pb2.Membership(
        agency_id=member.agency_id,
        parts=[charter_pb2.Part.Value(f"PART_{part.name}") for part in sorted(member.parts)],
        since=to_timestamp(member.since),
        until=None if member.until is None else to_timestamp(member.until),
        sees_earlier=member.sees_earlier,
    )
