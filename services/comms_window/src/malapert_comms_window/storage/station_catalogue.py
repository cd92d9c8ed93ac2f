"""The project's own catalogue of ground stations."""

from importlib.resources import files

import yaml

from malapert_comms_window.domain.catalogue import read_catalogue
from malapert_comms_window.domain.stations import Station


def load_station_catalogue() -> dict[str, Station]:
    """Return the stations by identifier.

    Raises
    ------
    InvalidInputError
        ``INVALID_STATION_CATALOGUE`` with every fault of the file.
    """
    text = files("malapert_comms_window").joinpath("data", "stations.yaml").read_text(encoding="utf-8")
    return {station.station_id: station for station in read_catalogue(yaml.safe_load(text))}
