"""Links beside the radio to the Earth: what a relay receives, and the source of quantum keys."""

from malapert_planner.mission_document.figures import Sourced
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

    g_over_t: DecibelPerKelvin
    min_elevation: Angle


class LightLink(Sourced):
    """Optical receiver on the Earth and its limits: the Sun at the station, the source's elevation and distance from
    the Moon.

    The distance from the Moon is not required of a source on it.
    """

    telescope: Distance
    max_sun_elevation: Angle
    min_elevation: Angle
    min_moon_separation: Angle
    needs_shadow: bool = False


class KeySource(LightLink):
    """A source of weak pulses for decoy-state BB84, its path and receivers.

    The beam's divergence is its full angle; the fixed loss is that of pointing, detector and optics together.
    """

    pulse_rate: Frequency
    signal_photons: Weight
    decoy_photons: Weight
    signal_share: Share
    dark_count: Share
    misalignment: Share
    correction_efficiency: Weight
    basis_share: Share
    beam_divergence: Angle
    zenith_transmission: Share
    fixed_loss: Decibel
    least_sifted: Data
