"""Keys as they are kept; each method works in the session that it is given."""

from datetime import datetime

from malapert_core.policy.identity import Role
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_gateway.domain.api_key import ApiKey, KeyScope
from malapert_gateway.storage.tables import KeyRow


class KeyStore:
    """Keys in the gateway's database."""

    async def is_empty(self, session: AsyncSession) -> bool:
        """Tell whether there is no key at all."""
        return (await session.exec(select(KeyRow.key_id).limit(1))).first() is None

    async def find(self, session: AsyncSession, key_id: str) -> ApiKey | None:
        """Return a key, or None."""
        row = await session.get(KeyRow, key_id)
        return None if row is None else _key(row)

    async def of_agency(self, session: AsyncSession, agency_id: str) -> list[ApiKey]:
        """Return an agency's keys, oldest first."""
        query = select(KeyRow).where(col(KeyRow.agency_id) == agency_id)
        return [_key(row) for row in await session.exec(query.order_by(col(KeyRow.created_time), col(KeyRow.key_id)))]

    async def of_person(self, session: AsyncSession, agency_id: str, subject: str) -> list[ApiKey]:
        """Return the keys of a person of an agency, ended ones too."""
        query = select(KeyRow).where(col(KeyRow.agency_id) == agency_id, col(KeyRow.subject) == subject)
        return [_key(row) for row in await session.exec(query)]

    def add(self, session: AsyncSession, key: ApiKey) -> None:
        """Keep a new key."""
        session.add(
            KeyRow(
                key_id=key.key_id,
                secret_hash=key.secret_hash,
                agency_id=key.agency_id,
                role=key.role.value,
                label=key.label,
                created_time=key.created_time,
                revoked_time=key.revoked_time,
                principal_id=key.principal_id,
                created_by=key.created_by,
                replaced_by=key.replaced_by,
                mission_ids=sorted(key.scope.mission_ids),
                actions=sorted(key.scope.actions),
                expire_time=key.expire_time,
                last_used_time=key.last_used_time,
                is_made_on_host=key.is_made_on_host,
                subject=key.subject,
            )
        )

    async def save_end(self, session: AsyncSession, key: ApiKey) -> None:
        """Keep when a key ends, and what replaced it."""
        change = update(KeyRow).where(col(KeyRow.key_id) == key.key_id)
        await session.exec(
            change.values(revoked_time=key.revoked_time, expire_time=key.expire_time, replaced_by=key.replaced_by)
        )

    async def note_use(self, session: AsyncSession, key_id: str, time: datetime) -> None:
        """Keep when a key was last used."""
        await session.exec(update(KeyRow).where(col(KeyRow.key_id) == key_id).values(last_used_time=time))


def _key(row: KeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        secret_hash=row.secret_hash,
        agency_id=row.agency_id,
        role=Role(row.role),
        label=row.label,
        created_time=row.created_time,
        revoked_time=row.revoked_time,
        principal_id=row.principal_id,
        created_by=row.created_by,
        replaced_by=row.replaced_by,
        scope=KeyScope(frozenset(row.mission_ids), frozenset(row.actions)),
        expire_time=row.expire_time,
        last_used_time=row.last_used_time,
        is_made_on_host=row.is_made_on_host,
        subject=row.subject,
    )
