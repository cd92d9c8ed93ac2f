"""Where the asset may be while the Earth is out of view, and for how long without the Sun."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NightRule:
    """Limits of nights: of the Earth by place, of the Sun wherever the asset is.

    While the Earth is below a place's skyline for longer than ``max_without_earth_s`` the asset is neither there nor on
    a drive from or to there, for none of that time, unless the place is a haven. It is never for longer than
    ``max_dark_s`` without any of the Sun where it is, on a drive at either end. 0 sets no limit. Of what began before
    the problem's now, or goes on after its horizon, the part between counts.
    """

    haven_place_ids: tuple[str, ...] = ()
    max_without_earth_s: int = 0
    max_dark_s: int = 0
