"""The project's own catalogue of ground stations."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from malapert_core.documents.yaml_text import read_yaml_tree

from malapert_comms_window.domain.catalogue import read_catalogue
from malapert_comms_window.domain.stations import Station


@cache
def load_station_catalogue() -> Mapping[str, Station]:
    """Return the stations by identifier.

    Raises
    ------
    DocumentError
        Where the file is no YAML of the core schema, or has a key twice.
    InvalidInputError
        ``INVALID_STATION_CATALOGUE`` with every fault of the file.
    """
    content = files("malapert_comms_window").joinpath("data", "stations.yaml").read_bytes()
    stations = read_catalogue(read_yaml_tree(content).plain())
    return MappingProxyType({station.station_id: station for station in stations})
