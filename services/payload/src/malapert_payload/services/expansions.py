"""Expansion of a mission's admitted demand, for the planner."""

from collections.abc import Sequence
from dataclasses import replace

from malapert_core.db.database import Database
from malapert_core.errors import PermissionDeniedError, PreconditionError
from malapert_core.policy.charter import Part
from malapert_core.policy.identity import Identity
from malapert_core.reading_processes import ReadingProcesses

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.expansion import Expansion, expand, outstanding
from malapert_payload.domain.expansion.held_back import HeldBack, admitted
from malapert_payload.domain.requests.lifecycle import PLANNABLE_STATES
from malapert_payload.domain.requests.request import USUAL_BYTES, ActivityRequest, RequestState
from malapert_payload.domain.science.rating import ice_factor
from malapert_payload.domain.science.science import PlaceLight, ice_proxy
from malapert_payload.services.access import MissionAccess
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.holds import DemandHolds
from malapert_payload.services.ports import Stores


class ExpansionService:
    """Turns what is to be planned of a mission into single activities.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    access : MissionAccess
    holds : DemandHolds
    reading : ReadingProcesses
        Where many requests are expanded.
    """

    def __init__(
        self,
        database: Database,
        stores: Stores,
        reader: CatalogueReader,
        access: MissionAccess,
        holds: DemandHolds,
        reading: ReadingProcesses,
    ) -> None:
        self._database = database
        self._catalogues = stores.catalogues
        self._requests = stores.requests
        self._reader = reader
        self._access = access
        self._holds = holds
        self._reading = reading

    async def expand(
        self, mission_id: str, mission_version: int, places: Sequence[PlaceLight], identity: Identity
    ) -> tuple[Expansion, tuple[HeldBack, ...]]:
        """Return what is to be planned of the mission by the catalogue in force, and what is held back.

        Only what was granted is mandatory in it. Where ice is likely at places whose light is given, requests are worth
        more, as the science model says.

        Raises
        ------
        PermissionDeniedError
            FORBIDDEN where the caller does not plan the mission, or is no service that plans for one who does.
        NotFoundError
            UNKNOWN_MISSION or UNKNOWN_MISSION_VERSION.
        PreconditionError
            OLD_MISSION_VERSION where the version is not the newest: requests belong to that one.
        """
        viewer = await self._access.enter(mission_id, identity, Part.PLANNER)
        _require_planning_service(identity)
        async with self._database.reading() as session:
            catalogue = await self._reader.version(session, mission_id, mission_version)
            newest = await self._catalogues.newest_version(session, mission_id)
            if catalogue.mission_version != newest:
                message = f"the requests of mission {mission_id} belong to version {newest}; expand that one"
                raise PreconditionError("OLD_MISSION_VERSION", message, metadata={"newest_version": str(newest)})
            current = await self._reader.current(session, mission_id)
            live = await self._requests.of_states(session, mission_id, PLANNABLE_STATES)
            done = {r.request_id for r in await self._requests.of_states(session, mission_id, [RequestState.PROCESSED])}
            asked = await self._holds.added(session, current, live, viewer.now)
        size_bytes = USUAL_BYTES * len(asked)
        return await self._reading.by_size(
            size_bytes, viewer.agency_id, _expanded, current, tuple(asked), frozenset(done), tuple(places)
        )


def _expanded(
    catalogue: Catalogue, asked: Sequence[ActivityRequest], done: frozenset[str], places: Sequence[PlaceLight]
) -> tuple[Expansion, tuple[HeldBack, ...]]:
    planned, held = admitted([request for request in asked if outstanding(request, catalogue)], done)
    model = catalogue.science
    ice = {place.place_id: ice_proxy(model, place) for place in places} if model else {}
    expansion = expand(
        catalogue,
        [replace(request, mandatory=request.mandatory_granted) for request in planned],
        done,
        lambda request: ice_factor(catalogue, request, ice),
    )
    return expansion, held


def _require_planning_service(identity: Identity) -> None:
    if not (identity.is_service or identity.via_service):
        message = "an expansion shows the requests of every agency; it is for the planner, which plans with them"
        raise PermissionDeniedError("FORBIDDEN", message, metadata={"action": "ExpandRequests"})
