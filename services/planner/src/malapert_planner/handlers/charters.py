"""Serves charters."""

from collections.abc import Iterable, Sequence
from typing import Any

from malapert.planner.v1 import charter_pb2, charter_pb2_grpc, sign_off_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.charter import Consent, Membership, Part
from malapert_core.policy.charters import MOST_ASKED_FOR, sign_off_rule_of
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import named, to_message
from malapert_core.timestamps import from_timestamp, to_timestamp

from malapert_planner.domain.life.charter import CharterChange, CharterChangeState, CharterVersion, WantedMembership
from malapert_planner.services.plans.charter_changes import CharterChanges
from malapert_planner.services.plans.charters import CharterService


class CharterHandlers(charter_pb2_grpc.CharterServiceServicer):
    """Translates between messages and the charter services."""

    def __init__(self, charters: CharterService, changes: CharterChanges) -> None:
        self._charters = charters
        self._changes = changes

    async def GetCharter(  # noqa: N802
        self, request: charter_pb2.GetCharterRequest, context: Any
    ) -> charter_pb2.GetCharterResponse:
        """Return the charter in force of a mission."""
        version = await self._charters.version(request.mission_id)
        asset_ids = await self._charters.asset_ids([request.mission_id])
        return charter_pb2.GetCharterResponse(charter=charter_message(version, asset_ids[request.mission_id]))

    async def BatchGetCharters(  # noqa: N802
        self, request: charter_pb2.BatchGetChartersRequest, context: Any
    ) -> charter_pb2.BatchGetChartersResponse:
        """Return the charters in force of those of some missions that there are."""
        _require_few(request.mission_ids)
        versions = await self._charters.versions(request.mission_ids)
        asset_ids = await self._charters.asset_ids(versions)
        return charter_pb2.BatchGetChartersResponse(
            charters=[charter_message(version, asset_ids[name]) for name, version in versions.items()]
        )

    async def ChangeCharter(  # noqa: N802
        self, request: charter_pb2.ChangeCharterRequest, context: Any
    ) -> charter_pb2.ChangeCharterResponse:
        """Propose other members."""
        change = await self._changes.propose(
            request.mission_id,
            request.version,
            tuple(map(_wanted, request.members)),
            is_public=request.is_public,
            consent=named(Consent, charter_pb2.Consent.DESCRIPTOR, request.consent),
            sign_off=sign_off_rule_of(request.sign_off) if request.HasField("sign_off") else None,
            identity=require_identity(),
        )
        return charter_pb2.ChangeCharterResponse(change=change_message(change))

    async def ListCharterChanges(  # noqa: N802
        self, request: charter_pb2.ListCharterChangesRequest, context: Any
    ) -> charter_pb2.ListCharterChangesResponse:
        """Return what was proposed, newest first."""
        states = wanted_values(CharterChangeState, request.states, charter_pb2.CharterChangeState.DESCRIPTOR, "states")
        consents = wanted_values(Consent, request.consents, charter_pb2.Consent.DESCRIPTOR, "consents")
        changes = await self._changes.newest(request.mission_id, require_identity(), states, consents)
        return charter_pb2.ListCharterChangesResponse(changes=map(change_message, changes))

    async def ConsentToCharter(  # noqa: N802
        self, request: charter_pb2.ConsentToCharterRequest, context: Any
    ) -> charter_pb2.ConsentToCharterResponse:
        """Consent to a proposed charter."""
        change = await self._changes.consent(request.mission_id, request.change_id, require_identity())
        return charter_pb2.ConsentToCharterResponse(change=change_message(change))

    async def DeclineCharter(  # noqa: N802
        self, request: charter_pb2.DeclineCharterRequest, context: Any
    ) -> charter_pb2.DeclineCharterResponse:
        """Decline a proposed charter."""
        change = await self._changes.decline(request.mission_id, request.change_id, request.reason, require_identity())
        return charter_pb2.DeclineCharterResponse(change=change_message(change))

    async def LeaveMission(  # noqa: N802
        self, request: charter_pb2.LeaveMissionRequest, context: Any
    ) -> charter_pb2.LeaveMissionResponse:
        """End the membership of the caller's agency."""
        left = await self._changes.leave(request.mission_id, require_identity())
        return charter_pb2.LeaveMissionResponse(charter=charter_message(left))


def _require_few(mission_ids: Sequence[str]) -> None:
    if len(mission_ids) > MOST_ASKED_FOR:
        message = f"at most {MOST_ASKED_FOR} missions are asked for at once, not {len(mission_ids)}"
        fault = Fault("mission_ids", "TOO_MANY", message)
        raise InvalidInputError("INVALID_BATCH_GET_CHARTERS", "too many missions", faults=[fault])


def _wanted(message: charter_pb2.WantedMembership) -> WantedMembership:
    parts = (named(Part, charter_pb2.Part.DESCRIPTOR, part) for part in message.parts)
    return WantedMembership(
        message.agency_id,
        frozenset(part for part in parts if part is not None),
        from_timestamp(message.until) if message.HasField("until") else None,
        message.sees_earlier,
    )


def change_message(change: CharterChange) -> charter_pb2.CharterChange:
    """Return a proposed charter as its message."""
    return charter_pb2.CharterChange(
        change_id=change.change_id,
        mission_id=change.mission_id,
        charter_version=change.charter_version,
        members=[
            charter_pb2.WantedMembership(
                agency_id=member.agency_id,
                parts=_parts(member.parts),
                until=None if member.until is None else to_timestamp(member.until),
                sees_earlier=member.sees_earlier,
            )
            for member in change.members
        ],
        is_public=change.is_public,
        consent=charter_pb2.Consent.Value(f"CONSENT_{change.consent.name}"),
        state=charter_pb2.CharterChangeState.Value(f"CHARTER_CHANGE_STATE_{change.state}"),
        proposed_by_agency_id=change.proposed_by[0],
        needed_agency_ids=change.needed_agency_ids,
        consented_agency_ids=change.consented_agency_ids,
        sign_off=to_message(change.sign_off, sign_off_pb2.SignOffRule),
        reason=change.reason,
        created_time=to_timestamp(change.created_time),
    )


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
        consent=charter_pb2.Consent.Value(f"CONSENT_{charter.consent.name}"),
        sign_off=to_message(charter.sign_off, sign_off_pb2.SignOffRule),
    )


def membership_message(member: Membership) -> charter_pb2.Membership:
    """Return a membership as its message."""
    return charter_pb2.Membership(
        agency_id=member.agency_id,
        parts=_parts(member.parts),
        since=to_timestamp(member.since),
        until=None if member.until is None else to_timestamp(member.until),
        sees_earlier=member.sees_earlier,
    )


def _parts(parts: Iterable[Part]) -> list[charter_pb2.Part.ValueType]:
    return [charter_pb2.Part.Value(f"PART_{part.name}") for part in sorted(parts)]
