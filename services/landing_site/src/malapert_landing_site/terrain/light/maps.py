"""Light and Earth visibility of whole maps, from stored horizons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_core.errors import Fault, InvalidInputError
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import GridGeometry
from malapert_landing_site.domain.horizon_block import NO_DATA, HorizonBlock
from malapert_landing_site.terrain.horizon.skyline import Progress, run_parts
from malapert_landing_site.terrain.light import maps_kernel as kernel
from malapert_landing_site.terrain.light.points import Sky
from malapert_landing_site.terrain.light.tiles import Patch, Tile, patches, place

NODAL_PERIOD_DAYS = 6798.4
"""Period of the Moon's nodes, days (18.6 years): in it the Sun takes every direction that it ever has."""

LEAST_AZIMUTHS = 4

_ENVELOPE_STEP_S = 10_800.0
_ENVELOPE_BINS = 1440
# Tiles that one task does in the same memory.
_TILES_PER_TASK = 8

Tiles = list[tuple[slice, slice]]
Work = Callable[[slice, slice, Tile], None]


@dataclass(frozen=True)
class LightMaps:
    """Light at each pixel of a block over a span; NaN without ground.

    Attributes
    ----------
    mean_sun_fraction, lit_fraction : float32 (rows, columns)
        Mean visible fraction of the solar disc; share of the span with any of the disc.
    summer_sun_fraction, winter_sun_fraction : float32 (rows, columns)
        Mean visible fraction while the Sun stands on this pole's side of the Moon's equator, and on the other; NaN
        where the span has no such time.
    longest_night_s, longest_lit_s : float32 (rows, columns)
        Longest spell without any and with some of the disc, seconds, in whole steps; cut off by the span's ends.
    earth_visible_fraction, sun_and_earth_fraction : float32 (rows, columns)
        Share of the span with the Earth's centre above the skyline, and with any of the Sun too.
    """

    geometry: GridGeometry
    mean_sun_fraction: NDArray[np.float32]
    lit_fraction: NDArray[np.float32]
    summer_sun_fraction: NDArray[np.float32]
    winter_sun_fraction: NDArray[np.float32]
    longest_night_s: NDArray[np.float32]
    longest_lit_s: NDArray[np.float32]
    earth_visible_fraction: NDArray[np.float32]
    sun_and_earth_fraction: NDArray[np.float32]


def light_maps(block: HorizonBlock, elevation_m: float, sky: Sky, progress: Progress | None = None) -> LightMaps:
    """Light and Earth over a span at each pixel of a block.

    Parameters
    ----------
    block : HorizonBlock
        Its horizons.
    elevation_m : float
        A height of the block's ground, metres: enough for the Earth's parallax.
    sky : Sky
        Sun and Earth at the steps of the span.
    progress : callable
        Called with the share done; what it raises ends the work.
    """
    _check_azimuths(block.azimuth_count)
    shape = block.elevation_steps.shape[1:]
    counts = np.zeros((kernel.FIELDS, *shape), np.float32)
    summer = sky.sun_km[:, 2] * block.geometry.pole > 0.0
    season = np.where(summer, kernel.SUMMER, kernel.WINTER)

    def count(patch: Patch) -> Work:
        sun, earth = patch.sun(sky), patch.earth(sky, elevation_m)

        def count_tile(rows: slice, columns: slice, tile: Tile) -> None:
            found = np.zeros((kernel.GROUPS, kernel.FIELDS * kernel.PIXELS), np.float32)
            kernel.light_of_tile(tile.skyline, tile.lowest, tile.highest, sun, earth, season, found)
            for field in range(kernel.FIELDS):
                start = field * kernel.PIXELS
                place(found[:, start : start + kernel.PIXELS], counts[field, rows, columns])

        return count_tile

    _over_tiles(block, count, progress)
    ground = block.elevation_steps[0] != NO_DATA
    epochs = len(sky.utc_s)

    def share(total: NDArray[np.float32], of: float) -> NDArray[np.float32]:
        values = total / of if of else np.full(shape, np.nan)
        return np.where(ground, values, np.nan).astype(np.float32)

    return LightMaps(
        block.geometry,
        mean_sun_fraction=share(counts[kernel.SUMMER] + counts[kernel.WINTER], epochs),
        lit_fraction=share(counts[kernel.LIT], epochs),
        summer_sun_fraction=share(counts[kernel.SUMMER], float(summer.sum())),
        winter_sun_fraction=share(counts[kernel.WINTER], float((~summer).sum())),
        longest_night_s=share(counts[kernel.LONGEST_NIGHT], 1.0 / sky.step_s),
        longest_lit_s=share(counts[kernel.LONGEST_LIT], 1.0 / sky.step_s),
        earth_visible_fraction=share(counts[kernel.EARTH], epochs),
        sun_and_earth_fraction=share(counts[kernel.BOTH], epochs),
    )


def shadow_sky(ephemeris: Ephemeris, start_utc_s: float) -> Sky:
    """Sun and Earth over a period of the Moon's nodes, from 3 hours to 3 hours: what `permanent_shadow` asks for."""
    return Sky(ephemeris, start_utc_s, start_utc_s + NODAL_PERIOD_DAYS * 86_400.0, _ENVELOPE_STEP_S)


def permanent_shadow(block: HorizonBlock, sky: Sky, progress: Progress | None = None) -> NDArray[np.float32]:
    """1 where none of the solar disc rises over the skyline within a period of the nodes, else 0; NaN without ground.

    What matters is the highest that the disc's upper limb ever stands at each azimuth, every quarter of a degree, along
    the Sun's track through the epochs of `shadow_sky`.
    """
    _check_azimuths(block.azimuth_count)
    bins = block.azimuth_count * -(-_ENVELOPE_BINS // block.azimuth_count)
    dark = np.zeros(block.elevation_steps.shape[1:], np.bool_)

    def mark(patch: Patch) -> Work:
        envelope = np.empty(bins)
        kernel.upper_limb_envelope(patch.sun(sky), envelope)

        def mark_tile(rows: slice, columns: slice, tile: Tile) -> None:
            piece = np.empty((kernel.GROUPS, kernel.PIXELS), np.bool_)
            kernel.never_lit(tile.skyline, envelope, piece)
            place(piece, dark[rows, columns])

        return mark_tile

    _over_tiles(block, mark, progress)
    return np.where(block.elevation_steps[0] == NO_DATA, np.nan, dark).astype(np.float32)


@dataclass(frozen=True)
class LightFrames:
    """Light of a block epoch by epoch.

    Attributes
    ----------
    sun_share : uint8 (epochs, rows, columns)
        Visible share of the solar disc in 255ths; 0 without ground.
    earth_up : bool (epochs, rows, columns)
        Whether the Earth's centre is above the skyline; False without ground.
    """

    sun_share: NDArray[np.uint8]
    earth_up: NDArray[np.bool_]


def light_frames(block: HorizonBlock, elevation_m: float, sky: Sky, progress: Progress | None = None) -> LightFrames:
    """Light and Earth at each pixel and epoch; two bytes each. Parameters as of `light_maps`."""
    _check_azimuths(block.azimuth_count)
    shape = (len(sky.utc_s), *block.elevation_steps.shape[1:])
    sun_share, earth_up = np.zeros(shape, np.uint8), np.zeros(shape, np.bool_)

    def fill(patch: Patch) -> Work:
        sun, earth = patch.sun(sky), patch.earth(sky, elevation_m)

        def fill_tile(rows: slice, columns: slice, tile: Tile) -> None:
            size = (len(sun), kernel.GROUPS, kernel.PIXELS)
            sun_found, earth_found = np.empty(size, np.uint8), np.empty(size, np.bool_)
            kernel.frames_of_tile(tile.skyline, tile.lowest, tile.highest, sun, earth, sun_found, earth_found)
            place(sun_found, sun_share[:, rows, columns])
            place(earth_found, earth_up[:, rows, columns])

        return fill_tile

    _over_tiles(block, fill, progress)
    return LightFrames(sun_share, earth_up)


def _check_azimuths(count: int) -> None:
    if not LEAST_AZIMUTHS <= count <= kernel.MOST_AZIMUTHS:
        allowed = f"Light is computed from {LEAST_AZIMUTHS} to {kernel.MOST_AZIMUTHS} azimuths, not {count}."
        raise InvalidInputError("AZIMUTH_COUNT", allowed, faults=[Fault("azimuth_count", "AZIMUTH_COUNT", allowed)])


def _over_tiles(block: HorizonBlock, prepare: Callable[[Patch], Work], progress: Progress | None) -> None:
    """Do one thing with every tile: prepared once a patch, the tiles of a patch spread over the cores."""
    parts = patches(block)
    for done, patch in enumerate(parts):
        work, tiles = prepare(patch), patch.tiles()

        def run(start: int, patch: Patch = patch, work: Work = work, tiles: Tiles = tiles) -> None:
            tile = Tile(block.azimuth_count)
            for rows, columns in tiles[start : start + _TILES_PER_TASK]:
                patch.load(rows, columns, tile)
                work(rows, columns, tile)

        def advance(share: float, done: int = done) -> None:
            if progress is not None:
                progress((done + share) / len(parts))

        run_parts(run, range(0, len(tiles), _TILES_PER_TASK), advance)
