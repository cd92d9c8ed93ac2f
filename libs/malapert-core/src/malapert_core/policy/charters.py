"""Charters of missions as a service asks for them."""

import time
from typing import Protocol

import grpc
from malapert.planner.v1 import charter_pb2, charter_pb2_grpc

from malapert_core.errors import NotFoundError, PermissionDeniedError
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.policy.identity import Identity, acting_as
from malapert_core.timestamps import from_timestamp, utc_now

CHARTER_SERVICE = "malapert.planner.v1.CharterService"
LIFETIME_S = 5.0
"""How long a charter is kept before it is asked for again, seconds."""
_MOST_KEPT = 1024


class Charters(Protocol):
    """Source of charters."""

    async def get(self, mission_id: str) -> Charter | None:
        """Return the charter in force of a mission, None where there is no such mission.

        Raises
        ------
        UnavailableError
            Where it cannot be known now.
        """


class RemoteCharters:
    """Charters of the planner, asked for in the service's own name and kept for some seconds.

    Parameters
    ----------
    channel : grpc.aio.Channel
        To the planner; see `malapert_core.rpc.client.open_channel`.
    identity : Identity
        The service's own.
    """

    def __init__(self, channel: grpc.aio.Channel, identity: Identity) -> None:
        self._stub = charter_pb2_grpc.CharterServiceStub(channel)
        self._identity = identity
        self._kept: dict[str, tuple[float, Charter]] = {}

    async def get(self, mission_id: str) -> Charter | None:
        """Return the charter in force of a mission, at most `LIFETIME_S` old; None where there is no such mission."""
        until_s, charter = self._kept.get(mission_id, (0.0, None))
        if charter is not None and until_s > time.monotonic():
            return charter
        request = charter_pb2.GetCharterRequest(mission_id=mission_id)
        asked_s = time.monotonic()
        with acting_as(self._identity):
            try:
                answer = await self._stub.GetCharter(request)
            except NotFoundError:
                self._kept.pop(mission_id, None)
                return None
        charter = charter_of(answer.charter)
        if len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[mission_id] = (asked_s + LIFETIME_S, charter)
        return charter


def require_entry(identity: Identity, mission_id: str) -> None:
    """Refuse a key that is for other missions alone, as where there is no such mission.

    Raises
    ------
    NotFoundError
        ``UNKNOWN_MISSION``.
    """
    if not identity.may_enter(mission_id):
        raise NotFoundError("mission", mission_id)


def require_part(identity: Identity, mission_id: str, charter: Charter | None, part: Part) -> None:
    """Refuse a principal whose agency has not a part in a mission now.

    Raises
    ------
    NotFoundError
        ``UNKNOWN_MISSION`` for an outsider, as where there is no such mission.
    PermissionDeniedError
        ``FORBIDDEN`` for a member, naming the part.
    """
    if identity.is_service:
        return
    require_entry(identity, mission_id)
    held = frozenset() if charter is None else charter.parts_of(identity.agency_id, utc_now())
    if not held:
        raise NotFoundError("mission", mission_id)
    if part not in held:
        raise PermissionDeniedError(
            "FORBIDDEN",
            f"this needs the part {part.name} in the mission {mission_id}; {identity.agency_id} has it not",
            metadata={"mission_id": mission_id, "needed_part": part.name, "agency_id": identity.agency_id},
        )


async def enter(charters: Charters, identity: Identity, mission_id: str, part: Part = Part.OBSERVER) -> Charter | None:
    """Return the charter of a mission in which a principal's agency has a part; raises as `require_part`."""
    charter = await charters.get(mission_id)
    require_part(identity, mission_id, charter, part)
    return charter


def charter_of(message: charter_pb2.Charter) -> Charter:
    """Return the charter that a message states."""
    return Charter(
        mission_id=message.mission_id,
        version=message.version,
        members=tuple(_membership(member) for member in message.members),
        is_public=message.is_public,
        asset_ids=frozenset(message.asset_ids),
    )


def _membership(message: charter_pb2.Membership) -> Membership:
    return Membership(
        agency_id=message.agency_id,
        parts=frozenset(
            Part[charter_pb2.Part.Name(part).removeprefix("PART_")] for part in message.parts if part in _PARTS
        ),
        since=from_timestamp(message.since),
        until=from_timestamp(message.until) if message.HasField("until") else None,
        sees_earlier=message.sees_earlier,
    )


_PARTS = frozenset(charter_pb2.Part.Value(f"PART_{part.name}") for part in Part)
