"""The polar grids: IAU_2015:30135 in the south and 30130 in the north."""

from __future__ import annotations

import numpy as np
from malapert_astro.surface import Pole, grid_convergence_deg, project_polar, unproject_polar

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.terrain import Place


def pole_named(pole: int) -> Pole:
    """The pole by its sign."""
    return Pole.SOUTH if pole < 0 else Pole.NORTH


def project(longitude_deg: FloatArray, latitude_deg: FloatArray, pole: int) -> tuple[FloatArray, FloatArray]:
    """Easting and northing of points, metres."""
    return project_polar(longitude_deg, latitude_deg, pole_named(pole))


def place_xy(place: Place, pole: int) -> tuple[float, float]:
    """Easting and northing of one place, metres."""
    x_m, y_m = project(np.asarray(place.longitude_deg), np.asarray(place.latitude_deg), pole)
    return float(x_m), float(y_m)


def place_at(x_m: float, y_m: float, pole: int, elevation_m: float = 0.0) -> Place:
    """The place at a point of the grid."""
    longitude_deg, latitude_deg = unproject_polar(np.asarray(x_m), np.asarray(y_m), pole_named(pole))
    return Place(float(longitude_deg), float(latitude_deg), elevation_m)


def true_north_from_grid_north_deg(longitude_deg: float, pole: int) -> float:
    """Direction of true north clockwise from grid north, degrees."""
    return float(grid_convergence_deg(np.asarray(longitude_deg), pole_named(pole)))
