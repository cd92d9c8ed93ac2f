"""Links beside the radio to the Earth: what a relay receives, and the source of quantum keys.

Ranges are those for which windows of the links are computed.
"""

import math
from typing import Annotated

from malapert_planner.mission_document.figures import Sourced, within
from malapert_planner.mission_document.quantities import (
    Angle,
    Data,
    Decibel,
    DecibelPerKelvin,
    Distance,
    Frequency,
    Share,
    Weight,
)


class Receiver(Sourced):
    """Receiver of an orbiter for signals from the ground below, and the least elevation at which it serves."""

    g_over_t: Annotated[DecibelPerKelvin, within(-60.0, 60.0)]
    min_elevation: Annotated[Angle, within(-10.0, 90.0)]


class LightLink(Sourced):
    """Optical receiver on the Earth and its limits: the Sun at the station, the source's elevation and distance from
    the Moon.

    The distance from the Moon is not required of a source on it.
    """

    telescope: Annotated[Distance, within(0.01, 50.0)]
    max_sun_elevation: Annotated[Angle, within(-90.0, 0.0)]
    min_elevation: Annotated[Angle, within(0.0, 90.0)]
    min_moon_separation: Annotated[Angle, within(0.0, 180.0)]
    needs_shadow: bool = False


class KeySource(LightLink):
    """A source of weak pulses for decoy-state BB84, its path and receivers.

    The beam's divergence is its full angle; the fixed loss is that of pointing, detector and optics together.
    """

    pulse_rate: Annotated[Frequency, within(1.0, 1e12)]
    signal_photons: Annotated[Weight, within(1e-3, 10.0)]
    decoy_photons: Annotated[Weight, within(1e-4, 10.0)]
    signal_share: Annotated[Share, within(1e-3, 1.0)]
    dark_count: Annotated[Share, within(0.0, 0.1)]
    misalignment: Annotated[Share, within(0.0, 0.5)]
    correction_efficiency: Annotated[Weight, within(1.0, 10.0)]
    basis_share: Annotated[Share, within(1e-3, 1.0)]
    beam_divergence: Annotated[Angle, within(math.degrees(1e-8), math.degrees(1e-2))]
    zenith_transmission: Annotated[Share, within(1e-3, 1.0)]
    fixed_loss: Annotated[Decibel, within(0.0, 100.0)]
    least_sifted: Annotated[Data, within(0.0, 1e12)]
