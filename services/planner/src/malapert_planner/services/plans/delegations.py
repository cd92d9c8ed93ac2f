"""Delegation of reviews: from an approver agency to a member of the mission for a time."""

from dataclasses import replace
from datetime import timedelta

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError, PermissionDeniedError
from malapert_core.policy.charter import Part
from malapert_core.policy.charters import Charters, enter
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.identifiers import new_identifier

from malapert_planner.domain.life.reviews import Delegation
from malapert_planner.services.ports import Clock
from malapert_planner.storage.delegations import DelegationStore

LONGEST = timedelta(days=366)
_MAX_TEXT_CHARS = 500
_MOST_HELD = 50


class Delegations:
    """Keeps delegations.

    Parameters
    ----------
    database : Database
    delegations : DelegationStore
    charters : Charters
    audit : AuditTrail
    clock : Clock
    """

    def __init__(
        self, database: Database, delegations: DelegationStore, charters: Charters, audit: AuditTrail, clock: Clock
    ) -> None:
        self._database = database
        self._delegations = delegations
        self._charters = charters
        self._audit = audit
        self._clock = clock

    async def create(self, asked: Delegation, identity: Identity) -> Delegation:
        """Delegate the reviews of the caller's agency.

        Raises
        ------
        InvalidInputError
            ``INVALID_DELEGATION`` with every fault, such as that the other agency is no member of the mission.
        PermissionDeniedError
            ``FORBIDDEN`` where the agency is no approver.
        """
        charter = await enter(self._charters, identity, asked.mission_id, Part.APPROVER)
        now = self._clock()
        made = replace(
            asked,
            delegation_id=new_identifier(),
            agency_id=identity.agency_id,
            created_time=now,
            created_by=identity.principal_id,
            revoked_time=None,
        )
        is_member = charter is not None and charter.is_member(made.to_agency_id, now)
        async with self._database.transaction() as session:
            held = await self._delegations.of_agency(session, made.mission_id, made.agency_id)
            faults = _faults(made, is_member=is_member)
            if sum(each.until > now for each in held) >= _MOST_HELD:
                faults.append(Fault("", "TOO_MANY", f"an agency has at most {_MOST_HELD} delegations in a mission"))
            if made.until <= now:
                faults.append(Fault("until", "IN_THE_PAST", "it must end after now"))
            if faults:
                raise InvalidInputError("INVALID_DELEGATION", "the delegation has faults", faults=faults)
            await self._delegations.save(session, made)
            self._note(session, made, "delegation.created", identity)
        return made

    async def list(self, mission_id: str, identity: Identity) -> list[Delegation]:
        """Return the delegations of a mission, newest first; of those that hold no longer, those that a member knew."""
        charter = await enter(self._charters, identity, mission_id)
        async with self._database.reading() as session:
            found = await self._delegations.of_mission(session, mission_id)
        now = self._clock()
        return [
            each
            for each in found
            if each.may_hold(now) or (charter and charter.shows_since(identity.agency_id, each.created_time, now))
        ]

    async def revoke(self, mission_id: str, delegation_id: str, identity: Identity) -> Delegation:
        """Take a delegation of the caller's agency back; one that was taken back stays as it is.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_DELEGATION``.
        PermissionDeniedError
            ``NOT_OWNER`` where another agency gave it.
        """
        await enter(self._charters, identity, mission_id)
        async with self._database.transaction() as session:
            found = await self._delegations.get(session, mission_id, delegation_id)
            if found is None:
                raise NotFoundError("delegation", delegation_id)
            if found.agency_id != identity.agency_id:
                raise PermissionDeniedError("NOT_OWNER", f"the delegation is of {found.agency_id}")
            if found.revoked_time is not None:
                return found
            revoked = replace(found, revoked_time=self._clock())
            await self._delegations.save(session, revoked)
            self._note(session, revoked, "delegation.revoked", identity)
        return revoked

    def _note(self, session: object, delegation: Delegation, action: str, identity: Identity) -> None:
        self._audit.record(
            session,  # type: ignore[arg-type]
            action,
            entity_kind="delegation",
            entity_id=delegation.delegation_id,
            mission_id=delegation.mission_id,
            detail=f"to {delegation.to_agency_id}",
            identity=identity,
        )


def _faults(asked: Delegation, *, is_member: bool) -> list[Fault]:
    faults = []
    if asked.to_agency_id == asked.agency_id:
        faults.append(Fault("to_agency_id", "OWN_AGENCY", "a delegation is to another agency"))
    elif not is_member:
        faults.append(Fault("to_agency_id", "NOT_A_MEMBER", "a delegation is to a member of the mission"))
    if not timedelta(0) < asked.until - asked.since <= LONGEST:
        faults.append(Fault("until", "OUT_OF_RANGE", f"it must end after since, at most {LONGEST.days} d later"))
    if len(asked.reason) > _MAX_TEXT_CHARS:
        faults.append(Fault("reason", "TOO_LONG", f"at most {_MAX_TEXT_CHARS} characters are allowed"))
    return faults
