"""Changes of charters: proposed by an owner, in force once every owner that needs to has consented."""

from collections.abc import Collection

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, NotFoundError, PermissionDeniedError
from malapert_core.policy.charter import Charter, Consent
from malapert_core.policy.identity import Identity
from malapert_core.signing.sign_off import SignOffRule
from malapert_core.vocabulary.identifiers import new_identifier
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.charter import (
    CharterChange,
    CharterChangeState,
    CharterVersion,
    WantedMembership,
    changed_charter,
    left_charter,
    needed_consents,
    require_members,
    require_rule,
)
from malapert_planner.services.ports import CharterAnnouncer, Clock
from malapert_planner.storage.charter_changes import CharterChangeStore
from malapert_planner.storage.charters import CharterStore


class CharterChanges:
    """Changes charters; who may is settled by the part that a call needs.

    Parameters
    ----------
    database : Database
    charters : CharterStore
    changes : CharterChangeStore
    announcer : CharterAnnouncer
    trail : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        charters: CharterStore,
        changes: CharterChangeStore,
        announcer: CharterAnnouncer,
        trail: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._charters = charters
        self._changes = changes
        self._announcer = announcer
        self._trail = trail
        self._clock = clock

    async def propose(
        self,
        mission_id: str,
        seen_version: int,
        members: tuple[WantedMembership, ...],
        *,
        is_public: bool,
        consent: Consent | None,
        sign_off: SignOffRule | None,
        identity: Identity,
    ) -> CharterChange:
        """Propose a charter for an owner, which consents by it; in force at once where no other needs to.

        Raises
        ------
        InvalidInputError
            ``INVALID_CHARTER`` with every fault.
        ConflictError
            ``STALE_VERSION``.
        """
        now = self._clock()
        require_members(members, now)
        async with self._database.transaction() as session:
            charter = await self._charter(session, mission_id)
            if seen_version not in (0, charter.version):
                message = f"the charter is at version {charter.version}, not {seen_version}; read it again"
                raise ConflictError("STALE_VERSION", message, metadata={"version": str(charter.version)})
            rule = sign_off or charter.sign_off
            require_rule(rule, members)
            change = CharterChange(
                change_id=f"change-{new_identifier()}",
                mission_id=mission_id,
                charter_version=charter.version,
                members=members,
                is_public=is_public,
                consent=consent or charter.consent,
                proposed_by=(identity.agency_id, identity.principal_id),
                needed_agency_ids=needed_consents(charter, identity.agency_id, now),
                created_time=now,
                consented_agency_ids=(identity.agency_id,),
                sign_off=rule,
            )
            if change.is_agreed:
                await self._enforce(session, charter, change)
                change = change.in_force()
            self._changes.add(session, change)
            self._note(session, "charter.proposed", change, identity)
        return change

    async def newest(
        self,
        mission_id: str,
        identity: Identity,
        states: Collection[CharterChangeState] = (),
        consents: Collection[Consent] = (),
    ) -> list[CharterChange]:
        """Return the latest proposed charters that a principal sees, newest first; no states and no consents mean all.

        What was decided on before its agency took part is not told.
        """
        async with self._database.reading() as session:
            charter = await self._charter(session, mission_id)
            found = await self._changes.newest(session, mission_id, states, consents)
        now = self._clock()
        return [
            change
            for change in found
            if change.state is CharterChangeState.PENDING
            or charter.shows_since(identity.agency_id, change.created_time, now)
        ]

    async def consent(self, mission_id: str, change_id: str, identity: Identity) -> CharterChange:
        """Consent for an owner; with the last consent that is needed the change is in force.

        A second consent changes nothing.

        Raises
        ------
        PreconditionError
            ``WRONG_STATE`` where it is decided.
        PermissionDeniedError
            ``FORBIDDEN`` where the consent of this owner is not needed.
        """
        async with self._database.transaction() as session:
            change = await self._changes.get(session, mission_id, change_id)
            _require_needed(change, identity)
            before, change = change, change.consented(identity.agency_id)
            if change is before:
                return before
            if change.is_agreed:
                await self._enforce(session, await self._charter(session, mission_id), change)
                change = change.in_force()
            await self._changes.save(session, change)
            self._note(session, "charter.consented", change, identity)
        return change

    async def decline(self, mission_id: str, change_id: str, reason: str, identity: Identity) -> CharterChange:
        """Decline a change for an owner whose consent it needs, or withdraw it; raises as `consent`."""
        async with self._database.transaction() as session:
            change = await self._changes.get(session, mission_id, change_id)
            _require_needed(change, identity)
            change = change.declined(identity.agency_id, reason)
            await self._changes.save(session, change)
            self._note(session, "charter.declined", change, identity)
        return change

    async def leave(self, mission_id: str, identity: Identity) -> CharterVersion:
        """End the membership of an agency that leaves; raise PreconditionError for the last owner."""
        async with self._database.transaction() as session:
            charter = await self._charter(session, mission_id)
            left = left_charter(charter, (identity.agency_id, identity.principal_id), self._clock())
            await self._store(session, left)
            self._trail.record(
                session, "charter.left", entity_kind="charter", entity_id=mission_id, mission_id=mission_id
            )
        return left

    async def _charter(self, session: AsyncSession, mission_id: str) -> Charter:
        found = await self._charters.newest(session, mission_id)
        if found is None:
            raise NotFoundError("mission", mission_id)
        return found.charter

    async def _enforce(self, session: AsyncSession, charter: Charter, change: CharterChange) -> None:
        if change.charter_version != charter.version:
            raise ConflictError("STALE_VERSION", "the charter was changed otherwise; propose the change anew")
        await self._store(session, changed_charter(charter, change, self._clock()))

    async def _store(self, session: AsyncSession, version: CharterVersion) -> None:
        await self._charters.add(session, version)
        await self._changes.overtake(session, version.charter.mission_id)
        self._announcer.announce_charter(session, version)

    def _note(self, session: AsyncSession, action: str, change: CharterChange, identity: Identity) -> None:
        self._announcer.announce_change(session, change, identity.agency_id)
        self._trail.record(
            session,
            action,
            entity_kind="charter_change",
            entity_id=change.change_id,
            mission_id=change.mission_id,
            detail=change.state.value,
        )


def _require_needed(change: CharterChange, identity: Identity) -> None:
    if identity.agency_id not in change.needed_agency_ids:
        owners = ", ".join(change.needed_agency_ids)
        raise PermissionDeniedError("FORBIDDEN", f"this change needs the consent of {owners}, no other's")
