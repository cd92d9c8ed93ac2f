"""Rating of requests' science value."""

from collections.abc import Iterator, Sequence

from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.identity import Identity
from malapert_core.reading_processes import ReadingProcesses

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.requests.request import USUAL_BYTES
from malapert_payload.domain.science.rating import Rating, rate
from malapert_payload.domain.science.science import PlaceLight
from malapert_payload.domain.validation.figures import number_faults
from malapert_payload.domain.validation.identifiers import repeated_faults, unknown_faults
from malapert_payload.services.access import MissionAccess
from malapert_payload.services.catalogue_reader import CatalogueReader
from malapert_payload.services.ports import Stores


class RatingService:
    """Tells what a mission's requests are worth at places.

    Parameters
    ----------
    database : Database
    stores : Stores
    reader : CatalogueReader
    access : MissionAccess
    reading : ReadingProcesses
        Where many requests are rated.
    """

    def __init__(
        self,
        database: Database,
        stores: Stores,
        reader: CatalogueReader,
        access: MissionAccess,
        reading: ReadingProcesses,
    ) -> None:
        self._database = database
        self._stores = stores
        self._reader = reader
        self._access = access
        self._reading = reading

    async def rate(self, mission_id: str, places: Sequence[PlaceLight], identity: Identity) -> Rating:
        """Return the worth of the requests that the viewer sees, term by term.

        Raises
        ------
        NotFoundError
            UNKNOWN_MISSION.
        InvalidInputError
            INVALID_PLACES with every fault.
        """
        viewer = await self._access.enter(mission_id, identity)
        async with self._database.reading() as session:
            catalogue = await self._reader.current(session, mission_id)
            requests = await self._stores.requests.of_mission(session, mission_id)
        if faults := list(_faults(places, catalogue)):
            raise InvalidInputError("INVALID_PLACES", f"the places have {len(faults)} faults", faults=faults)
        seen = [request for request in requests.values() if viewer.sees(request)]
        size_bytes = USUAL_BYTES * len(seen)
        return await self._reading.by_size(size_bytes, viewer.agency_id, rate, catalogue, seen, places)


def _faults(places: Sequence[PlaceLight], catalogue: Catalogue) -> Iterator[Fault]:
    yield from repeated_faults([place.place_id for place in places], "places")
    for index, place in enumerate(places):
        path = f"places[{index}]"
        yield from unknown_faults(place.place_id, catalogue.place_ids, f"{path}.place_id", "place")
        for name in ("mean_sun_fraction", "mean_sun_sine"):
            value = getattr(place, name)
            yield from number_faults(value, f"{path}.{name}")
            if value > 1:
                yield Fault(f"{path}.{name}", "OUT_OF_RANGE", f"{value:g} is no fraction; allowed: 0 to 1")
        if place.shadow_distance_m is not None:
            yield from number_faults(place.shadow_distance_m, f"{path}.shadow_distance_m")
