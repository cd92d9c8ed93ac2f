"""Agreements on antenna hours: made, changed and ended by the owner of the antennas, seen by the two parties."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.idempotency import recall, remember
from malapert_core.errors import ExhaustedError, Fault, InvalidInputError, NotFoundError, PermissionDeniedError
from malapert_core.policy.charters import require_entry
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.identifiers import new_identifier
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.agreements import Agreement, check_agreement, uses_of
from malapert_comms_window.services.ports import Announcer, Clock
from malapert_comms_window.services.registry.ownership import StationOwners
from malapert_comms_window.storage.agreements import AgreementStore
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.stations import StationStore

MOST_IN_FORCE = 1000
"""Most agreements of an owner that hold or will hold."""


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """An agreement to be made; `request_hash` is the content of the whole call."""

    idempotency_key: str
    request_hash: str
    agreement: Agreement


class AgreementService:
    """Keeps agreements.

    Parameters
    ----------
    database : Database
    agreements : AgreementStore
    contacts : ContactStore
    stations : StationStore
    owners : StationOwners
    announcer : Announcer
    audit : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        agreements: AgreementStore,
        contacts: ContactStore,
        stations: StationStore,
        owners: StationOwners,
        announcer: Announcer,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._agreements = agreements
        self._contacts = contacts
        self._stations = stations
        self._owners = owners
        self._announcer = announcer
        self._audit = audit
        self._clock = clock

    async def create(self, new: NewAgreement, identity: Identity) -> Agreement:
        """Make an agreement and return it.

        Raises
        ------
        InvalidInputError
            ``INVALID_AGREEMENT`` with every fault.
        PermissionDeniedError
            ``FOREIGN_STATION`` where the antennas are another agency's to give.
        ExhaustedError
            ``TOO_MANY_AGREEMENTS``.
        ConflictError
            ``IDEMPOTENCY_KEY_REUSED``.
        """
        if not new.idempotency_key:
            fault = Fault("idempotency_key", "MISSING", "a key that makes a repeated call harmless is needed")
            raise InvalidInputError("INVALID_AGREEMENT", "the agreement has 1 faults", faults=[fault])
        owner = new.agreement.owner_agency_id or identity.agency_id
        self._require_owner(owner, identity)
        require_entry(identity, new.agreement.mission_id)
        scope = f"create_agreement:{identity.agency_id}"
        async with self._database.transaction() as session:
            earlier = await recall(session, new.idempotency_key, scope, new.request_hash)
            if earlier is not None:
                return await self._found(session, earlier.decode(), identity)
            now = self._clock()
            agreement = replace(
                new.agreement,
                agreement_id=new_identifier(),
                owner_agency_id=owner,
                version=1,
                ended_time=None,
                updated_time=now,
                uses=(),
            )
            check_agreement(agreement, await self._stations.find(session, agreement.station_ids), now)
            if await self._agreements.count_of_owner(session, owner, now) >= MOST_IN_FORCE:
                message = f"{owner} has {MOST_IN_FORCE} agreements in force; end one first"
                raise ExhaustedError("TOO_MANY_AGREEMENTS", message)
            await self._agreements.add(session, agreement)
            self._told(session, agreement, "agreement.made")
            await remember(session, new.idempotency_key, scope, new.request_hash, agreement.agreement_id.encode())
        return agreement

    async def change(self, wanted: Agreement, version: int, identity: Identity) -> Agreement:
        """Change an agreement that is at a version and return it; what it committed stays.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_AGREEMENT`` where there is none, or the caller is no party to it.
        PermissionDeniedError
            ``FOREIGN_STATION`` for the partner.
        InvalidInputError
            ``INVALID_AGREEMENT`` with every fault.
        ConflictError
            ``AGREEMENT_CHANGED`` where that is not the present version.
        """
        async with self._database.transaction() as session:
            present = await self._present(session, wanted.agreement_id, identity)
            require_entry(identity, wanted.mission_id)
            now = self._clock()
            faults = [
                Fault(name, "FIXED", f"{name} is {getattr(present, name)!r} and stays; end it and make another")
                for name in ("owner_agency_id", "partner_agency_id")
                if getattr(wanted, name) not in ("", getattr(present, name))
            ]
            if present.ended_time is not None:
                faults.append(Fault("agreement_id", "ENDED", f"it was ended at {present.ended_time.isoformat()}"))
            if faults:
                message = f"the agreement has {len(faults)} faults"
                raise InvalidInputError("INVALID_AGREEMENT", message, faults=faults)
            after = replace(
                wanted,
                owner_agency_id=present.owner_agency_id,
                partner_agency_id=present.partner_agency_id,
                version=version + 1,
                ended_time=None,
                updated_time=now,
                uses=(),
            )
            check_agreement(after, await self._stations.find(session, after.station_ids), now)
            await self._agreements.change(session, after, version)
            self._told(session, after, "agreement.changed")
            return (await self._with_uses(session, [after]))[0]

    async def end(self, agreement_id: str, version: int, identity: Identity) -> Agreement:
        """End an agreement now and return it; one that was ended already stays as it is. Raises as `change` does."""
        async with self._database.transaction() as session:
            present = await self._present(session, agreement_id, identity)
            if present.ended_time is None:
                now = self._clock()
                ended = replace(present, ended_time=now, updated_time=now, version=version + 1)
                await self._agreements.change(session, ended, version)
                self._told(session, ended, "agreement.ended")
                present = ended
            return (await self._with_uses(session, [present]))[0]

    async def get(self, agreement_id: str, identity: Identity) -> Agreement:
        """Return an agreement with its hours, to a party to it; raises ``UNKNOWN_AGREEMENT`` for others."""
        async with self._database.reading() as session:
            return await self._found(session, agreement_id, identity)

    async def page(
        self, identity: Identity, other_agency_id: str, after: str, limit: int, *, only_in_force: bool
    ) -> list[Agreement]:
        """Return at most so many agreements of the caller's agency with their hours, by identifier in order."""
        in_force_at = self._clock() if only_in_force else None
        parties = self._owners.owned_by(identity.agency_id)
        async with self._database.reading() as session:
            found = await self._agreements.page(
                session, parties, other_agency_id, identity.mission_ids, in_force_at, after, limit
            )
            return await self._with_uses(session, found)

    async def _found(self, session: AsyncSession, agreement_id: str, identity: Identity) -> Agreement:
        """Return an agreement with its hours, to a party to it."""
        return (await self._with_uses(session, [await self._stored(session, agreement_id, identity)]))[0]

    async def _present(self, session: AsyncSession, agreement_id: str, identity: Identity) -> Agreement:
        """Return an agreement that is the caller's to change."""
        agreement = await self._stored(session, agreement_id, identity)
        self._require_owner(agreement.owner_agency_id, identity)
        return agreement

    async def _stored(self, session: AsyncSession, agreement_id: str, identity: Identity) -> Agreement:
        """Return an agreement as it is stored, to a party to it."""
        agreement = await self._agreements.find(session, agreement_id)
        if agreement is None or not self._is_party(agreement, identity):
            raise NotFoundError("agreement", agreement_id)
        return agreement

    def _is_party(self, agreement: Agreement, identity: Identity) -> bool:
        if agreement.mission_id and not identity.may_enter(agreement.mission_id):
            return False
        owned = self._owners.owned_by(identity.agency_id)
        return identity.agency_id == agreement.partner_agency_id or agreement.owner_agency_id in owned

    def _require_owner(self, owner_agency_id: str, identity: Identity) -> None:
        if owner_agency_id not in self._owners.owned_by(identity.agency_id):
            message = f"the antennas are {owner_agency_id}'s to give, not {identity.agency_id}'s"
            raise PermissionDeniedError("FOREIGN_STATION", message, metadata={"owner_agency_id": owner_agency_id})

    async def _with_uses(self, session: AsyncSession, agreements: Sequence[Agreement]) -> list[Agreement]:
        if not agreements:
            return []
        contacts = await self._contacts.of_agreements(session, [each.agreement_id for each in agreements])
        return [replace(each, uses=uses_of(each, contacts)) for each in agreements]

    def _told(self, session: AsyncSession, agreement: Agreement, action: str) -> None:
        self._announcer.agreement_changed(session, agreement)
        self._audit.record(
            session,
            action,
            entity_kind="agreement",
            entity_id=agreement.agreement_id,
            mission_id=agreement.mission_id,
        )
