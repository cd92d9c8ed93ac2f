"""Keys as they are kept."""

from collections.abc import Sequence
from datetime import datetime

from malapert_core.db.database import Database
from malapert_core.policy.identity import Role
from sqlmodel import col, select

from malapert_gateway.domain.api_key import ApiKey
from malapert_gateway.storage.tables import KeyRow


class KeyStore:
    """Keys in the gateway's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, keys: Sequence[ApiKey]) -> None:
        """Keep new keys, all or none."""
        async with self._database.transaction() as session:
            session.add_all([_row(key) for key in keys])

    async def find(self, key_id: str) -> ApiKey | None:
        """Return a key, or None."""
        async with self._database.reading() as session:
            row = await session.get(KeyRow, key_id)
            return None if row is None else _key(row)

    async def list(self) -> list[ApiKey]:
        """Return all keys, oldest first."""
        async with self._database.reading() as session:
            rows = await session.exec(select(KeyRow).order_by(col(KeyRow.created_time), col(KeyRow.key_id)))
            return [_key(row) for row in rows]

    async def revoke(self, key_id: str, time: datetime) -> ApiKey | None:
        """Revoke a key, or leave one that is revoked already as it is; return it, or None where there is none."""
        async with self._database.transaction() as session:
            row = await session.get(KeyRow, key_id)
            if row is None:
                return None
            if row.revoked_time is None:
                row.revoked_time = time
                session.add(row)
            return _key(row)


def _row(key: ApiKey) -> KeyRow:
    return KeyRow(
        key_id=key.key_id,
        secret_hash=key.secret_hash,
        agency_id=key.agency_id,
        role=key.role.value,
        label=key.label,
        created_time=key.created_time,
        revoked_time=key.revoked_time,
    )


def _key(row: KeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        secret_hash=row.secret_hash,
        agency_id=row.agency_id,
        role=Role(row.role),
        label=row.label,
        created_time=row.created_time,
        revoked_time=row.revoked_time,
    )
