"""Secrets of missions in a session's database."""

import secrets

from malapert_core.errors import ConflictError
from malapert_core.signing.merkle import HASH_BYTES
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.storage.tables import MissionSecretRow


class SecretStore:
    """Keeps the secrets of missions; each is made when it is first asked for."""

    async def get(self, session: AsyncSession, mission_id: str) -> bytes:
        """Return the secret of a mission.

        Raises
        ------
        ConflictError
            ``CONCURRENT_CHANGE`` where another transaction made it just now.
        """
        found = await session.get(MissionSecretRow, mission_id)
        if found is None:
            found = MissionSecretRow(mission_id=mission_id, secret=secrets.token_bytes(HASH_BYTES))
            session.add(found)
            try:
                await session.flush()
            except IntegrityError as error:
                raise ConflictError("CONCURRENT_CHANGE", "the mission is planned by somebody else too") from error
        return found.secret
