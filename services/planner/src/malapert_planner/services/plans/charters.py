"""Charters of missions: what they say, and who may enter a mission by them."""

from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError
from malapert_core.policy.charter import Charter

from malapert_planner.domain.life.charter import CharterVersion
from malapert_planner.storage.charters import CharterStore


class CharterService:
    """Keeps charters; is the planner's own `Charters`.

    Parameters
    ----------
    database : Database
    charters : CharterStore
    """

    def __init__(self, database: Database, charters: CharterStore) -> None:
        self._database = database
        self._charters = charters

    async def get(self, mission_id: str) -> Charter | None:
        """Return the charter in force of a mission, None where there is no such mission."""
        async with self._database.reading() as session:
            found = await self._charters.newest(session, mission_id)
        return None if found is None else found.charter

    async def version(self, mission_id: str) -> CharterVersion:
        """Return the charter in force with who changed it; raise NotFoundError where there is no such mission."""
        async with self._database.reading() as session:
            found = await self._charters.newest(session, mission_id)
        if found is None:
            raise NotFoundError("mission", mission_id)
        return found
