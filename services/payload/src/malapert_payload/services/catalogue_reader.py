"""Reading the catalogues of missions: as a version was, or as it is in force."""

from malapert_core.errors import NotFoundError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.versions import in_force
from malapert_payload.storage.catalogues import CatalogueStore
from malapert_payload.storage.items import ItemStore, MissionState

_KEPT = 16


class CatalogueReader:
    """Returns catalogues; what is in force is kept between calls for as long as nothing of it changes.

    Parameters
    ----------
    catalogues : CatalogueStore
    items : ItemStore
    """

    def __init__(self, catalogues: CatalogueStore, items: ItemStore) -> None:
        self._catalogues = catalogues
        self._items = items
        self._kept: dict[str, tuple[MissionState, Catalogue]] = {}

    async def current(self, session: AsyncSession, mission_id: str) -> Catalogue:
        """Return the newest version of a mission with what teams have published since.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        """
        state = await self._items.state(session, mission_id)
        if state is None:
            raise NotFoundError("mission", mission_id)
        kept = self._kept.get(mission_id)
        if kept is not None and kept[0] == state:
            return kept[1]
        catalogue = await self._stored(session, mission_id, state[0])
        if state[1]:
            catalogue = in_force(catalogue, await self._items.of_mission(session, mission_id))
        while len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[mission_id] = (state, catalogue)
        return catalogue

    async def version(self, session: AsyncSession, mission_id: str, mission_version: int) -> Catalogue:
        """Return a mission's version as it was taken; for 0 as `current`.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION or UNKNOWN_MISSION_VERSION.
        """
        if not mission_version:
            return await self.current(session, mission_id)
        return await self._stored(session, mission_id, mission_version)

    async def _stored(self, session: AsyncSession, mission_id: str, mission_version: int) -> Catalogue:
        catalogue = await self._catalogues.find(session, mission_id, mission_version)
        if catalogue is not None:
            return catalogue
        if await self._catalogues.newest_version(session, mission_id) is None:
            raise NotFoundError("mission", mission_id)
        raise NotFoundError("mission version", f"{mission_id}/{mission_version}")
