"""Charters of missions as a service asks for them."""

import math
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import grpc
from malapert.planner.v1 import charter_pb2, charter_pb2_grpc, sign_off_pb2

from malapert_core.errors import NotFoundError, PermissionDeniedError
from malapert_core.policy.charter import Charter, Consent, Membership, Part
from malapert_core.policy.identity import Identity, acting_as
from malapert_core.rpc.mapping import named, to_domain
from malapert_core.signing.sign_off import SignOffRule
from malapert_core.timestamps import from_timestamp, utc_now

CHARTER_SERVICE = "malapert.planner.v1.CharterService"
LIFETIME_S = 5.0
"""How long a charter is kept before it is asked for again, seconds."""
ABSENCE_LIFETIME_S = 1.0
"""How long it is kept that there is no such mission, seconds."""
MOST_ASKED_FOR = 100
"""How many charters are asked for in one call."""
_MOST_KEPT = 1024


class Charters(Protocol):
    """Source of charters."""

    async def get(self, mission_id: str, *, asked_since_s: float = -math.inf) -> Charter | None:
        """Return the charter in force of a mission, None where there is no such mission.

        It may be some seconds old, but was asked for after ``asked_since_s``, an instant of `time.monotonic`.

        Raises
        ------
        UnavailableError
            Where it cannot be known now.
        """

    async def get_all(self, mission_ids: Collection[str]) -> Mapping[str, Charter]:
        """Return the charters in force of those of some missions that there are, by mission; raises as `get`."""


@dataclass(frozen=True, slots=True)
class _Kept:
    asked_s: float
    charter: Charter | None

    def holds(self) -> bool:
        lifetime_s = ABSENCE_LIFETIME_S if self.charter is None else LIFETIME_S
        return time.monotonic() < self.asked_s + lifetime_s


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
        self._kept: dict[str, _Kept] = {}

    async def get(self, mission_id: str, *, asked_since_s: float = -math.inf) -> Charter | None:
        """Return the charter in force of a mission, None where there is no such mission.

        A charter is at most `LIFETIME_S` old, the absence of one `ABSENCE_LIFETIME_S`.
        """
        kept = self._kept.get(mission_id)
        if kept is not None and kept.holds() and kept.asked_s >= asked_since_s:
            return kept.charter
        request = charter_pb2.GetCharterRequest(mission_id=mission_id)
        asked_s = time.monotonic()
        with acting_as(self._identity):
            try:
                found = charter_of((await self._stub.GetCharter(request)).charter)
            except NotFoundError:
                found = None
        self._keep(mission_id, _Kept(asked_s, found))
        return found

    async def get_all(self, mission_ids: Collection[str]) -> Mapping[str, Charter]:
        """Return the charters in force of those of some missions that there are; what is not kept in few calls."""
        wanted = dict.fromkeys(mission_ids)
        found = {name: kept.charter for name in wanted if (kept := self._kept.get(name)) and kept.holds()}
        for names in _batches(name for name in wanted if name not in found):
            asked_s = time.monotonic()
            with acting_as(self._identity):
                answer = await self._stub.BatchGetCharters(charter_pb2.BatchGetChartersRequest(mission_ids=names))
            told = {message.mission_id: charter_of(message) for message in answer.charters}
            for name in names:
                found[name] = told.get(name)
                self._keep(name, _Kept(asked_s, found[name]))
        return {name: charter for name, charter in found.items() if charter is not None}

    def _keep(self, mission_id: str, answer: _Kept) -> None:
        self._kept.pop(mission_id, None)
        if len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[mission_id] = answer


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
    """Return the charter of a mission in which a principal's agency has a part; raises as `require_part`.

    Nobody is refused by an answer that was kept: what is refused was asked for since, at the same cost whether there
    is such a mission or not.
    """
    require_entry(identity, mission_id)
    began_s = time.monotonic()
    charter = await charters.get(mission_id)
    if not _has_part(identity, charter, part):
        charter = await charters.get(mission_id, asked_since_s=began_s)
    require_part(identity, mission_id, charter, part)
    return charter


def _has_part(identity: Identity, charter: Charter | None, part: Part) -> bool:
    held = charter is not None and part in charter.parts_of(identity.agency_id, utc_now())
    return identity.is_service or held


def charter_of(message: charter_pb2.Charter) -> Charter:
    """Return the charter that a message states."""
    return Charter(
        mission_id=message.mission_id,
        version=message.version,
        members=tuple(_membership(member) for member in message.members),
        is_public=message.is_public,
        asset_ids=frozenset(message.asset_ids),
        consent=named(Consent, charter_pb2.Consent.DESCRIPTOR, message.consent) or Consent.ALL_OWNERS,
        sign_off=sign_off_rule_of(message.sign_off),
    )


def sign_off_rule_of(message: sign_off_pb2.SignOffRule) -> SignOffRule:
    """Return the sign-off rule that a message states; without a term, that of a rule that says nothing."""
    rule = to_domain(message, SignOffRule)
    return rule if message.HasField("term") else replace(rule, term=SignOffRule().term)


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


def _batches(names: Iterable[str]) -> list[list[str]]:
    listed = list(names)
    return [listed[start : start + MOST_ASKED_FOR] for start in range(0, len(listed), MOST_ASKED_FOR)]
