"""Light, skylines and map layers as labelled arrays of xarray: `malapert-client[xarray]`."""

import base64
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr
    from malapert_http_models.contracts.landing_site import HorizonProfiles, LightSeriesOfPoints, MapLayerData
    from malapert_http_models.contracts.vocabulary import SurfacePoint

_POINTS = ("longitude_deg", "latitude_deg", "elevation_m")


def light(found: "LightSeriesOfPoints") -> "xr.Dataset":
    """Return light over time at points: `sun_fraction` and `earth_visible`, dimensions point and time.

    Times are the middles of the steps, UTC; azimuths and elevations of Sun and Earth are there where they were asked
    for.

    Raises
    ------
    ValueError
        Where the series have no span.
    """
    import numpy as np
    import xarray as xr

    if found.span is None:
        raise ValueError("the series have no span from which their steps count")
    names = ["sun_fraction", "earth_visible", "sun_azimuth_deg", "sun_elevation_deg", "earth_azimuth_deg"]
    names = [name for name in (*names, "earth_elevation_deg") if any(getattr(each, name) for each in found.series)]
    count = max((len(each.sun_fraction) for each in found.series), default=0)
    middles = [found.span.start_time + timedelta(seconds=found.step_s * (step + 0.5)) for step in range(count)]
    return xr.Dataset(
        {name: (("point", "time"), np.array([getattr(each, name) for each in found.series])) for name in names},
        {**_places([each.point for each in found.series]), "time": _utc(middles)},
        {"step_s": found.step_s},
    )


def horizons(found: "HorizonProfiles") -> "xr.DataArray":
    """Return skylines at points: elevation, degrees, dimensions point and azimuth_deg (from north, clockwise)."""
    import numpy as np
    import xarray as xr

    profiles = found.profiles
    count = len(profiles[0].elevation_deg) if profiles else 0
    elevations = np.array([each.elevation_deg for each in profiles]).reshape(len(profiles), count)
    step_deg = profiles[0].azimuth_step_deg if profiles else 0.0
    return xr.DataArray(
        elevations,
        {**_places([each.point for each in profiles]), "azimuth_deg": np.arange(count) * step_deg},
        ("point", "azimuth_deg"),
        "elevation_deg",
    )


def map_layer(found: "MapLayerData") -> "xr.DataArray":
    """Return a layer of a map, dimensions y_m and x_m: the middles of its cells in the polar grid, north first."""
    import numpy as np
    import xarray as xr

    values = np.frombuffer(base64.b64decode(found.data), dtype="<f4").reshape(found.height_px, found.width_px)
    y_m = found.y_max_m - found.pixel_size_m * (np.arange(found.height_px) + 0.5)
    x_m = found.x_min_m + found.pixel_size_m * (np.arange(found.width_px) + 0.5)
    return xr.DataArray(values, {"y_m": y_m, "x_m": x_m}, ("y_m", "x_m"), attrs={"units": found.unit})


def _places(points: "Sequence[SurfacePoint | None]") -> dict[str, Any]:
    return {name: ("point", [getattr(point, name, float("nan")) for point in points]) for name in _POINTS}


def _utc(times: Iterable[datetime]) -> Any:
    import numpy as np

    # numpy's times know no zone; these are UTC.
    return np.array([time.astimezone(UTC).replace(tzinfo=None) for time in times], dtype="datetime64[us]")
