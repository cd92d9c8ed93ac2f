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
    """How an orbiter receives what is sent from the ground below, and how high it must stand there."""

    g_over_t: DecibelPerKelvin
    min_elevation: Angle


class LightLink(Sourced):
    """What receives light on the Earth, and when: the Sun at the station and how high and far from the Moon the source.

    The distance from the Moon is not asked of what stands on it.
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
