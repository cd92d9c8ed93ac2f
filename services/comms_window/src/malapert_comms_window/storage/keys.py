"""Key stores and their entries; who books one locks it first."""

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.key_ledger import KeyEntry, KeyStore
from malapert_comms_window.storage.tables import KeyEntryRow, KeyStoreRow

# One statement that makes the row or locks it, alike on SQLite and PostgreSQL.
_LOCK = text(
    "INSERT INTO key_store (pair_id, first_agency_id, second_agency_id, balance_bit, made_bit, used_bit, version) "
    "VALUES (:pair_id, :first, :second, 0, 0, 0, 0) "
    "ON CONFLICT (pair_id) DO UPDATE SET pair_id = key_store.pair_id"
)


class KeyLedgerStore:
    """Stores what agencies share."""

    async def locked(self, session: AsyncSession, agency_ids: tuple[str, str]) -> KeyStore:
        """Return a store, made where there is none, which nobody else changes until the transaction ends."""
        pair_id = "|".join(agency_ids)
        values = {"pair_id": pair_id, "first": agency_ids[0], "second": agency_ids[1]}
        await (await session.connection()).execute(_LOCK, values)
        query = select(KeyStoreRow).where(KeyStoreRow.pair_id == pair_id)
        return _store_of((await session.exec(query.execution_options(populate_existing=True))).one())

    async def book(self, session: AsyncSession, after: KeyStore, entry: KeyEntry) -> None:
        """Store an entry and what it leaves."""
        row = await session.get_one(KeyStoreRow, after.pair_id)
        row.balance_bit, row.made_bit, row.used_bit = after.balance_bit, after.made_bit, after.used_bit
        row.version = after.version
        session.add(row)
        session.add(
            KeyEntryRow(
                pair_id=after.pair_id,
                sequence=entry.sequence,
                entry_id=entry.entry_id,
                amount_bit=entry.amount_bit,
                balance_bit=entry.balance_bit,
                reason=entry.reason,
                contact_id=entry.contact_id,
                agency_id=entry.agency_id,
                created_time=entry.created_time,
            )
        )
        await session.flush()

    async def find_entry(self, session: AsyncSession, entry_id: str) -> KeyEntry:
        """Return an entry that is known to be there."""
        row = (await session.exec(select(KeyEntryRow).where(KeyEntryRow.entry_id == entry_id))).one()
        first, second = row.pair_id.split("|")
        return _entry_of(row, (first, second))

    async def stores(self, session: AsyncSession, agency_id: str, after: str, limit: int) -> list[KeyStore]:
        """Return at most so many stores after a pair, of one agency or, where none is given, of all."""
        query = select(KeyStoreRow).where(col(KeyStoreRow.pair_id) > after)
        if agency_id:
            first, second = col(KeyStoreRow.first_agency_id), col(KeyStoreRow.second_agency_id)
            query = query.where((first == agency_id) | (second == agency_id))
        rows = (await session.exec(query.order_by(col(KeyStoreRow.pair_id)).limit(limit))).all()
        return [_store_of(row) for row in rows]

    async def entries(
        self, session: AsyncSession, agency_ids: tuple[str, str], after: int, limit: int
    ) -> list[KeyEntry]:
        """Return at most so many entries of a store after a sequence number, in order."""
        query = select(KeyEntryRow).where(
            KeyEntryRow.pair_id == "|".join(agency_ids), col(KeyEntryRow.sequence) > after
        )
        rows = (await session.exec(query.order_by(col(KeyEntryRow.sequence)).limit(limit))).all()
        return [_entry_of(row, agency_ids) for row in rows]


def _store_of(row: KeyStoreRow) -> KeyStore:
    return KeyStore(
        (row.first_agency_id, row.second_agency_id), row.balance_bit, row.made_bit, row.used_bit, row.version
    )


def _entry_of(row: KeyEntryRow, agency_ids: tuple[str, str]) -> KeyEntry:
    return KeyEntry(agency_ids=agency_ids, **row.model_dump(exclude={"pair_id"}))
