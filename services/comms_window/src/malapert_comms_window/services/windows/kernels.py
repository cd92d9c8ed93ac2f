"""Compiled kernels of the searches, loaded before the service serves.

The first use of a kernel loads it, or compiles it where nobody has yet, and holds the interpreter's lock meanwhile: a
tenth of a second in which no event loop goes on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.times import utc_seconds

from malapert_comms_window.domain.horizons import sphere_horizons
from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.window_requests import Place, WindowRequest
from malapert_comms_window.geometry.conditions import SearchSpan
from malapert_comms_window.services.windows.searches import Inputs, stages_of

_START = datetime(2029, 1, 18, tzinfo=UTC)
_SPAN = timedelta(days=1)
_PLACE = Place("ridge", -136.0, -88.8, 0.0)
_RADIO = LinkTerminal("X", 8.45e9, 12.0, 4.0, 3.0, 2.0, (2e3, 1e6))
_HEIGHT_M = 2.0
_STEP_S = 3600.0
_CONJUNCTION_DEG = 3.0


def load_kernels(ephemeris: Ephemeris, stations: Mapping[str, Station]) -> None:
    """Load what searches compile, by searching a day for light and for contacts with one station."""
    station = next(each for each in stations.values() if not each.is_optical)
    request = WindowRequest(
        mission_id="",
        terrain_stack_id="",
        places=(_PLACE,),
        station_ids=(station.station_id,),
        start_time=_START,
        end_time=_START + _SPAN,
        terminal=_RADIO,
        array_height_m=_HEIGHT_M,
        antenna_height_m=_HEIGHT_M,
        profile_step_s=_STEP_S,
        conjunction_angle_deg=_CONJUNCTION_DEG,
        on_sphere=True,
    )
    horizons = sphere_horizons(request.places, _HEIGHT_M)
    span = SearchSpan(utc_seconds(request.start_time), utc_seconds(request.end_time), _STEP_S)
    for stage in stages_of(Inputs(request, span, horizons, horizons, (station,), {}, ephemeris)):
        for search in stage.searches:
            search.run()
