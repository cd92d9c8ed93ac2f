"""The layers of a product set: what each shows, its unit, and the colours of its map."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Colour = tuple[int, int, int]


class ProductLayer(StrEnum):
    """Quantity that a product shows."""

    ELEVATION = "elevation"
    SLOPE = "slope"
    ASPECT = "aspect"
    HILLSHADE = "hillshade"
    ROUGHNESS = "roughness"
    HAZARD = "hazard"
    ILLUMINATION = "illumination"
    LIT_FRACTION = "lit_fraction"
    SUMMER_ILLUMINATION = "summer_illumination"
    WINTER_ILLUMINATION = "winter_illumination"
    LONGEST_NIGHT = "longest_night"
    LONGEST_LIT = "longest_lit"
    EARTH_VISIBILITY = "earth_visibility"
    SUN_AND_EARTH = "sun_and_earth"
    PERMANENT_SHADOW = "permanent_shadow"
    SHADOW_DISTANCE = "shadow_distance"
    ICE_STABILITY_PROXY = "ice_stability_proxy"


GROUND_LAYERS = frozenset(list(ProductLayer)[:6])
SPAN_LAYERS = frozenset(list(ProductLayer)[6:14]) | {ProductLayer.ICE_STABILITY_PROXY}
SHADOW_LAYERS = frozenset(list(ProductLayer)[14:])
CLASS_LAYERS = frozenset({ProductLayer.ASPECT, ProductLayer.PERMANENT_SHADOW})
"""Layers of which values must not be averaged."""

HORIZON_LAYERS = SPAN_LAYERS | SHADOW_LAYERS


@dataclass(frozen=True)
class LayerStyle:
    """Name and colours of a layer.

    Attributes
    ----------
    legend : tuple of (float, Colour)
        Values in the layer's unit and their colours, between which colours run evenly; None values are transparent.
    """

    title: str
    unit: str
    description: str
    legend: tuple[tuple[float, Colour], ...]


_DARK, _BLUE, _GREEN, _YELLOW, _WHITE = (8, 6, 32), (38, 72, 140), (33, 145, 140), (253, 231, 37), (255, 255, 255)
_RED, _GREY, _BLACK = (190, 30, 45), (120, 120, 120), (0, 0, 0)


def _light(top: float) -> tuple[tuple[float, Colour], ...]:
    return ((0.0, _DARK), (0.25 * top, _BLUE), (0.5 * top, _GREEN), (top, _YELLOW))


def _danger(top: float) -> tuple[tuple[float, Colour], ...]:
    return ((0.0, _GREEN), (0.5 * top, _YELLOW), (top, _RED))


_DAY_S = 86_400.0

STYLES: dict[ProductLayer, LayerStyle] = {
    ProductLayer.ELEVATION: LayerStyle(
        "Elevation",
        "m",
        "Height above the sphere of 1,737,400 m.",
        ((-6000.0, _DARK), (-2000.0, _BLUE), (0.0, _GREEN), (3000.0, _YELLOW), (6000.0, _WHITE)),
    ),
    ProductLayer.SLOPE: LayerStyle(
        "Slope", "deg", "Steepest slope of the plane fitted over the baseline.", _danger(30.0)
    ),
    ProductLayer.ASPECT: LayerStyle(
        "Aspect",
        "deg",
        "Direction in which the ground falls, clockwise from true north.",
        ((0.0, _BLUE), (90.0, _GREEN), (180.0, _YELLOW), (270.0, _RED), (360.0, _BLUE)),
    ),
    ProductLayer.HILLSHADE: LayerStyle(
        "Shaded relief",
        "1",
        "Lambertian ground lit from the grid's north-west, 30° high.",
        ((0.0, _BLACK), (1.0, _WHITE)),
    ),
    ProductLayer.ROUGHNESS: LayerStyle(
        "Roughness", "m", "Root mean square height about the plane fitted over the baseline.", _danger(5.0)
    ),
    ProductLayer.HAZARD: LayerStyle(
        "Hazard fraction", "1", "Share of steep or unknown ground within the hazard radius.", _danger(1.0)
    ),
    ProductLayer.ILLUMINATION: LayerStyle(
        "Illumination", "1", "Mean visible fraction of the solar disc over the span.", _light(1.0)
    ),
    ProductLayer.LIT_FRACTION: LayerStyle(
        "Time lit", "1", "Share of the span with any of the solar disc.", _light(1.0)
    ),
    ProductLayer.SUMMER_ILLUMINATION: LayerStyle(
        "Summer illumination",
        "1",
        "Mean visible fraction of the disc while the Sun is on this pole's side.",
        _light(1.0),
    ),
    ProductLayer.WINTER_ILLUMINATION: LayerStyle(
        "Winter illumination", "1", "Mean visible fraction of the disc while the Sun is on the other side.", _light(1.0)
    ),
    ProductLayer.LONGEST_NIGHT: LayerStyle(
        "Longest night",
        "s",
        "Longest spell without any of the solar disc, in whole steps.",
        ((0.0, _YELLOW), (5 * _DAY_S, _GREEN), (15 * _DAY_S, _BLUE), (60 * _DAY_S, _DARK)),
    ),
    ProductLayer.LONGEST_LIT: LayerStyle(
        "Longest lit spell", "s", "Longest spell with some of the solar disc, in whole steps.", _light(120 * _DAY_S)
    ),
    ProductLayer.EARTH_VISIBILITY: LayerStyle(
        "Earth visibility", "1", "Share of the span with the Earth's centre above the skyline.", _light(1.0)
    ),
    ProductLayer.SUN_AND_EARTH: LayerStyle(
        "Sun and Earth", "1", "Share of the span with the Earth's centre and any of the solar disc.", _light(1.0)
    ),
    ProductLayer.PERMANENT_SHADOW: LayerStyle(
        "Permanent shadow",
        "1",
        "1 where none of the solar disc rises over the skyline within 18.6 years, else 0.",
        ((0.0, _GREY), (1.0, _DARK)),
    ),
    ProductLayer.SHADOW_DISTANCE: LayerStyle(
        "Distance to permanent shadow",
        "m",
        "Distance over the surface to the nearest permanently shadowed pixel of the set.",
        ((0.0, _DARK), (500.0, _BLUE), (2000.0, _GREEN), (10_000.0, _YELLOW)),
    ),
    ProductLayer.ICE_STABILITY_PROXY: LayerStyle(
        "Ice stability (proxy)",
        "1",
        "A proxy, no measurement and no temperature: (|latitude| - 80°) / 10° in permanent shadow; elsewhere half of "
        "that without light, falling to 0 at a mean visible fraction of the disc of 0.25.",
        ((0.0, _GREY), (0.5, _BLUE), (1.0, _WHITE)),
    ),
}
