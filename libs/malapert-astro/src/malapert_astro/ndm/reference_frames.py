"""Names of reference frames and of the bodies they are centred on, as navigation data messages write them."""

from enum import StrEnum

from malapert_astro.points import Body


class Axes(StrEnum):
    """The axes that a named frame is taken as."""

    J2000 = "J2000"
    ITRF = "ITRF93"
    MOON_ME = "MOON_ME"


INERTIAL_FRAMES = ("EME2000", "J2000", "ICRF", "GCRF")
"""Inertial frames that are read as J2000; ICRF and GCRF differ from it by 0.02 seconds of arc, 0.2 m at the Moon's
radius."""
EARTH_FIXED_FRAMES = ("ITRF93", "ITRF97", "ITRF2000", "ITRF2005", "ITRF2008", "ITRF2014", "ITRF2020", "ITRF")
"""Earth-fixed frames that are read as ITRF93, from which they differ by centimetres."""
MOON_FIXED_FRAMES = ("MOON_ME", "MOON_ME_DE421")
_FIXED = {Body.EARTH: (EARTH_FIXED_FRAMES, Axes.ITRF), Body.MOON: (MOON_FIXED_FRAMES, Axes.MOON_ME)}
_CENTERS = {"MOON": Body.MOON, "EARTH": Body.EARTH}
_LONG_YEARS = {"ITRF1993": "ITRF93", "ITRF1997": "ITRF97"}


def center_of(name: str) -> Body:
    """Return the body of a CENTER_NAME.

    Raises
    ------
    ValueError
        If it is neither Earth nor Moon.
    """
    try:
        return _CENTERS[name.upper()]
    except KeyError:
        raise ValueError(f"CENTER_NAME {name[:40]!r} is none of {', '.join(_CENTERS)}") from None


def axes_of(name: str, center: Body) -> Axes:
    """Return the axes of a frame about a body; EME-2000 and EME2000, ITRF-93 and ITRF93 are one name.

    Raises
    ------
    ValueError
        If it is no frame that can be read about this body.
    """
    fixed, fixed_axes = _FIXED[center]
    plain = _plain(name)
    plain = _LONG_YEARS.get(plain, plain)
    if plain in map(_plain, INERTIAL_FRAMES):
        return Axes.J2000
    if plain in map(_plain, fixed):
        return fixed_axes
    allowed = ", ".join((*INERTIAL_FRAMES, *fixed))
    raise ValueError(f"REF_FRAME {name[:40]!r} is none of {allowed}, which go with centre {center}")


def _plain(name: str) -> str:
    return name.upper().replace("-", "").replace("_", "")
