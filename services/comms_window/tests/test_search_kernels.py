"""What searches compile is loaded before the service serves: later nothing holds the interpreter's lock for it."""

import subprocess
import sys

IN_A_FRESH_PROCESS = """
from dataclasses import replace
from datetime import timedelta
from numba.core.registry import CPUDispatcher
from malapert_astro import mask_kernel, path_kernel, skyline_kernel
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.times import utc_seconds
from malapert_comms_window.domain.horizons import sphere_horizons
from malapert_comms_window.domain.window_requests import Place, WindowRequest
from malapert_comms_window.geometry.conditions import SearchSpan
from malapert_comms_window.services.windows import kernels
from malapert_comms_window.services.windows.searches import Inputs, stages_of
from malapert_comms_window.storage.station_catalogue import load_station_catalogue

def loaded():
    found = set()
    for module in (mask_kernel, path_kernel, skyline_kernel):
        for name, each in vars(module).items():
            if isinstance(each, CPUDispatcher):
                found |= {(name, str(signature)) for signature in each.signatures}
    return found

ephemeris, stations = Ephemeris(), load_station_catalogue()
assert not loaded()
kernels.load_kernels(ephemeris, stations)
before = loaded()
places = (Place("a", 10.0, 88.0, 100.0), Place("b", -120.0, -85.0, -50.0))
start = kernels._START + timedelta(days=40)
chosen = [station for station in stations.values() if not station.is_optical][:5]
request = WindowRequest(
    "m", "", places, tuple(each.station_id for each in chosen), start, start + timedelta(days=10), kernels._RADIO,
    2.0, 5.0, 900.0, conjunction_angle_deg=2.0, on_sphere=True,
)
span = SearchSpan(utc_seconds(request.start_time), utc_seconds(request.end_time), 900.0, 1.0)
heights = [sphere_horizons(places, height_m) for height_m in (2.0, 5.0)]
windows = [
    window
    for stage in stages_of(Inputs(request, span, *heights, tuple(chosen), {}, ephemeris))
    for search in stage.searches
    for window in search.run()
]
assert windows and before, (len(windows), before)
assert loaded() == before, loaded() - before
"""


def test_a_search_compiles_nothing_that_was_not_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", IN_A_FRESH_PROCESS], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
