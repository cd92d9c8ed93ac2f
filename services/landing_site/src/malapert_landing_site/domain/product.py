"""Product sets: their request, cost and content."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from malapert_core.errors import Fault
from malapert_core.vocabulary.provenance import Provenance

from malapert_landing_site.domain.grid import GridGeometry
from malapert_landing_site.domain.product_layers import HORIZON_LAYERS, SPAN_LAYERS, ProductLayer
from malapert_landing_site.domain.terrain import Place, place_faults

DEFAULT_AZIMUTHS = 360
MAX_SPAN_DAYS = 7000.0
HOURLY_UP_TO_DAYS = 800.0
# Pixels that no request may exceed, even where large ones are allowed: distances are found over the whole map.
MOST_PIXELS = 400_000_000
# CPU time of one core as measured by benchmarks/ on the machine named there, nanoseconds.
HORIZON_NS, LIGHT_NS, GROUND_NS = 30.0, 0.6, 4000.0
_BYTES_PER_LAYER_PX = 4


@dataclass(frozen=True)
class ProductRequest:
    """Request for a product set; 0 means the default where it says so.

    Attributes
    ----------
    size_m, pixel_size_m : float
        Side of the square and of a pixel, metres of the polar grid. The square is widened to whole pixels of a grid
        that begins at the pole.
    start_time, end_time : datetime or None
        Span of the layers of light.
    step_s : float
        Longest step of the span; 0 takes an hour up to 800 days, else 4 hours.
    height_m : float
        Height of the eye above ground, metres.
    azimuth_count : int
        Azimuths of the horizons; 0 takes 360.
    slope_baseline_m : float
        Length over which slopes and roughness are taken; 0 takes two pixels.
    hazard_slope_deg, hazard_radius_m : float
        Ground steeper than this is hazardous; within this radius it is counted.
    """

    terrain_stack_id: str
    center: Place
    size_m: float
    pixel_size_m: float
    layers: tuple[ProductLayer, ...]
    start_time: datetime | None
    end_time: datetime | None
    step_s: float
    height_m: float
    azimuth_count: int
    slope_baseline_m: float
    hazard_slope_deg: float
    hazard_radius_m: float
    allow_large: bool
    mission_id: str = ""

    @property
    def wanted(self) -> tuple[ProductLayer, ...]:
        """The layers in their order; all that can be made where none is named."""
        every = [layer for layer in ProductLayer if layer not in SPAN_LAYERS or self.start_time is not None]
        return tuple(layer for layer in ProductLayer if layer in (self.layers or every))

    @property
    def azimuths(self) -> int:
        """Azimuths of the horizons."""
        return self.azimuth_count or DEFAULT_AZIMUTHS

    @property
    def longest_step_s(self) -> float:
        """Longest step of the span, seconds."""
        if self.step_s:
            return self.step_s
        return 3600.0 if self.span_s <= HOURLY_UP_TO_DAYS * 86_400.0 else 4 * 3600.0

    @property
    def span_s(self) -> float:
        """Length of the span, seconds; 0 without one."""
        if self.start_time is None or self.end_time is None:
            return 0.0
        return (self.end_time - self.start_time).total_seconds()

    @property
    def pixels(self) -> int:
        """Number of pixels of one layer, to a rim of one pixel."""
        return math.ceil(self.size_m / self.pixel_size_m) ** 2

    def geometry(self, center_xy_m: tuple[float, float], pole: int) -> GridGeometry:
        """The pixels of the square."""
        pixel_m, half_m = self.pixel_size_m, 0.5 * self.size_m
        left, right = math.floor((center_xy_m[0] - half_m) / pixel_m), math.ceil((center_xy_m[0] + half_m) / pixel_m)
        bottom, top = math.floor((center_xy_m[1] - half_m) / pixel_m), math.ceil((center_xy_m[1] + half_m) / pixel_m)
        return GridGeometry(pole, left * pixel_m, top * pixel_m, pixel_m, max(right - left, 1), max(top - bottom, 1))


@dataclass(frozen=True)
class ProductCost:
    """Cost of a request: pixels, hours of one core's time, bytes of horizons (before compression) and of layers."""

    pixels: int
    core_hours: float
    horizon_bytes: int
    layer_bytes: int

    @classmethod
    def of(cls, request: ProductRequest) -> ProductCost:
        """Estimate the cost of a request."""
        side_px = math.ceil(request.size_m / request.pixel_size_m)
        pixels, wanted = side_px * side_px, set(request.wanted)
        ns_per_px = GROUND_NS
        if wanted & HORIZON_LAYERS:
            ns_per_px += HORIZON_NS * request.azimuths
        if wanted & SPAN_LAYERS:
            ns_per_px += LIGHT_NS * request.span_s / request.longest_step_s
        horizon_bytes = 2 * request.azimuths * pixels if wanted & HORIZON_LAYERS else 0
        return cls(
            pixels, pixels * ns_per_px * 1e-9 / 3600.0, horizon_bytes, _BYTES_PER_LAYER_PX * pixels * len(wanted)
        )

    def __str__(self) -> str:
        stored = f"{self.horizon_bytes / 1e9:.1f} GB of horizons before compression"
        return f"{self.pixels:,} pixels, about {self.core_hours:.1f} hours of one core, {stored}"


@dataclass(frozen=True)
class ProductFile:
    """One layer of a set as a cloud-optimised GeoTIFF; no limits where no pixel has a value."""

    layer: ProductLayer
    size_bytes: int
    content_hash: str
    known_fraction: float
    lowest: float | None
    highest: float | None
    mean: float | None


@dataclass(frozen=True)
class ProductSet:
    """Layers made of one request."""

    product_set_id: str
    request: ProductRequest
    geometry: GridGeometry
    files: tuple[ProductFile, ...]
    provenance: Provenance
    owner_agency_id: str


def product_faults(request: ProductRequest, max_pixels: int) -> list[Fault]:
    """All faults of a request but those of what the ephemeris covers; empty where it is sound."""
    faults = place_faults(request.center, "center")

    def between(path: str, value: float, low: float, high: float, unit: str) -> bool:
        if low <= value <= high:
            return True
        message = f"the value is {value:g}{unit}; {low:g} to {high:g}{unit} is allowed"
        faults.append(Fault(path, "OUT_OF_RANGE", message))
        return False

    sized = between("pixel_size_m", request.pixel_size_m, 0.5, 10_000.0, " m")
    sized &= between("size_m", request.size_m, 1.0, 1_000_000.0, " m")
    if sized and request.size_m < 4.0 * request.pixel_size_m:
        faults.append(Fault("size_m", "OUT_OF_RANGE", "a square of at least 4 pixels a side is allowed"))
    between("height_m", request.height_m, 0.0, 1000.0, " m")
    if request.azimuth_count:
        between("azimuth_count", request.azimuth_count, 8, 1080, "")
    if request.step_s:
        between("step_s", request.step_s, 600.0, 86_400.0, " s")
    between("slope_baseline_m", request.slope_baseline_m, 0.0, 1000.0, " m")
    between("hazard_slope_deg", request.hazard_slope_deg, 0.1, 60.0, "°")
    between("hazard_radius_m", request.hazard_radius_m, 0.0, 1000.0, " m")
    faults += _span_faults(request)
    if sized and not faults:
        faults += _cost_faults(request, max_pixels)
    return faults


def _span_faults(request: ProductRequest) -> list[Fault]:
    needy = [layer.value for layer in request.wanted if layer in SPAN_LAYERS]
    if (request.start_time is None) != (request.end_time is None):
        return [Fault("span", "NO_SPAN", "a span needs both its start and its end")]
    if request.start_time is None:
        return [Fault("span", "NO_SPAN", f"{', '.join(needy)} need a span")] if needy else []
    if not 0.0 < request.span_s <= MAX_SPAN_DAYS * 86_400.0:
        message = f"the span must end after it starts, and last at most {MAX_SPAN_DAYS:g} days"
        return [Fault("span.end_time", "OUT_OF_RANGE", message)]
    return []


def _cost_faults(request: ProductRequest, max_pixels: int) -> list[Fault]:
    cost = ProductCost.of(request)
    if cost.pixels > MOST_PIXELS:
        message = f"the request takes {cost}; at most {MOST_PIXELS:,} pixels are allowed: cut it into several"
        return [Fault("pixel_size_m", "PRODUCT_TOO_LARGE", message)]
    if cost.pixels > max_pixels and not request.allow_large:
        message = (
            f"the request takes {cost}; up to {max_pixels:,} pixels are made without leave: "
            "set allow_large to go on, or take larger pixels or a smaller square"
        )
        return [Fault("pixel_size_m", "PRODUCT_NEEDS_LEAVE", message)]
    return []
