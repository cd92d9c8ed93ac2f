"""Booking key bits and reading the ledger."""

from collections.abc import Sequence

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.db.idempotency import recall, remember
from malapert_core.errors import Fault, InvalidInputError, PermissionDeniedError
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.identifiers import new_identifier

from malapert_comms_window.domain.key_ledger import MAX_AMOUNT_BIT, KeyEntry, KeyStore, agency_pair
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.storage.keys import KeyLedgerStore


class KeyService:
    """Keeps the key ledger; each agency books and reads only what it shares.

    Parameters
    ----------
    database : Database
    ledger : KeyLedgerStore
    audit : AuditTrail
    clock : Clock
    """

    def __init__(self, database: Database, ledger: KeyLedgerStore, audit: AuditTrail, clock: Clock) -> None:
        self._audit = audit
        self._database = database
        self._ledger = ledger
        self._clock = clock

    async def record(
        self,
        idempotency_key: str,
        request_hash: str,
        agency_ids: Sequence[str],
        amount_bit: int,
        reason: str,
        contact_id: str,
        identity: Identity,
    ) -> tuple[KeyEntry, KeyStore]:
        """Book bits that were made, or, negative, used, and return the entry and the store as it is now.

        Raises
        ------
        InvalidInputError
            ``INVALID_KEY_PAIR``; ``INVALID_KEY_ENTRY`` with every fault.
        PermissionDeniedError
            ``FOREIGN_KEYS`` where the caller's agency is none of the two.
        PreconditionError
            ``KEY_STORE_EMPTY``.
        ConflictError
            ``IDEMPOTENCY_KEY_REUSED``.
        """
        pair = _own_pair(agency_ids, identity)
        faults = []
        if not idempotency_key:
            faults.append(Fault("idempotency_key", "MISSING", "a key that makes a repeated call harmless is needed"))
        if amount_bit == 0 or abs(amount_bit) > MAX_AMOUNT_BIT:
            message = f"{amount_bit} is not in 1 to {MAX_AMOUNT_BIT} bits, made or (negative) used"
            faults.append(Fault("amount_bit", "OUT_OF_RANGE", message))
        if not reason.strip():
            faults.append(Fault("reason", "MISSING", "the pass or the use is needed, in words"))
        if faults:
            raise InvalidInputError("INVALID_KEY_ENTRY", f"the entry has {len(faults)} faults", faults=faults)
        scope = f"record_keys:{identity.agency_id}"
        async with self._database.transaction() as session:
            store = await self._ledger.locked(session, pair)
            earlier = await recall(session, idempotency_key, scope, request_hash)
            if earlier is not None:
                return await self._ledger.find_entry(session, earlier.decode()), store
            after = store.booked(amount_bit)
            entry = KeyEntry(
                entry_id=new_identifier(),
                agency_ids=pair,
                sequence=after.version,
                amount_bit=amount_bit,
                balance_bit=after.balance_bit,
                reason=reason,
                contact_id=contact_id,
                agency_id=identity.agency_id,
                created_time=self._clock(),
            )
            await self._ledger.book(session, after, entry)
            self._audit.record(session, "keys.recorded", entity_kind="key_entry", entity_id=entry.entry_id)
            await remember(session, idempotency_key, scope, request_hash, entry.entry_id.encode())
        return entry, after

    async def stores(self, identity: Identity, after: str, limit: int) -> list[KeyStore]:
        """Return the stores of the caller's agency, or all for who looks after the platform."""
        agency_id = "" if identity.is_service else identity.agency_id
        async with self._database.reading() as session:
            return await self._ledger.stores(session, agency_id, after, limit)

    async def entries(self, agency_ids: Sequence[str], identity: Identity, after: int, limit: int) -> list[KeyEntry]:
        """Return the entries of one store; raises as `record` does of the pair."""
        pair = _own_pair(agency_ids, identity)
        async with self._database.reading() as session:
            return await self._ledger.entries(session, pair, after, limit)


def _own_pair(agency_ids: Sequence[str], identity: Identity) -> tuple[str, str]:
    pair = agency_pair(agency_ids)
    if identity.agency_id not in pair and not identity.is_service:
        message = f"keys of {' and '.join(pair)} are not for {identity.agency_id}"
        raise PermissionDeniedError("FOREIGN_KEYS", message)
    return pair
