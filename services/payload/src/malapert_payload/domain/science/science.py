"""Science value of requests at places: an ice proxy from light, the value of a further stop, each explained.

The proxy follows light, not a measurement: the mean absorbed flux keeps up a temperature below the daily swing, bare
ice is lost into vacuum at the rate of Hertz and Knudsen, and the odds of ice are even at the model's loss.
"""

import math
from dataclasses import dataclass

from malapert_core.vocabulary.figure import Figure

from malapert_payload.domain.catalogue.figures import figure, value_of

SOLAR_CONSTANT_W_M2 = 1361.0
"""Total solar irradiance at 1 au (Kopp and Lean 2011, doi 10.1029/2010GL045777)."""
STEFAN_BOLTZMANN = 5.670374419e-8
"""Stefan-Boltzmann constant, W m-2 K-4, CODATA 2018."""
BOLTZMANN = 1.380649e-23
"""Boltzmann constant, J/K, exact in SI."""
WATER_MOLECULE_KG = 18.01528e-3 / 6.02214076e23
GIGAYEAR_S = 1e9 * 365.25 * 86400.0
DEFAULT_SUN_SINE = math.sin(math.radians(1.5))
WEH_OF_SURE_ICE_PERCENT = 5.6
"""Water equivalent of hydrogen at which ice is certain: water in the LCROSS ejecta, 5.6 (2.9) % by mass, Colaprete
2010, doi 10.1126/science.1186986."""
WEH_OF_NO_ICE_PERCENT = 0.135
"""Water equivalent of hydrogen without ice: 150 ppm of hydrogen, at 1,500 ppm to 1.35 % of water equivalent, the
polar background of neutron spectrometers."""


@dataclass(frozen=True, slots=True)
class ScienceModel:
    """Parameters of the science value; every figure has its source and confidence."""

    further_stop_factor: Figure | None = figure("1")
    stop_tags: tuple[str, ...] = ()
    ice_tags: tuple[str, ...] = ()
    ice_gain: Figure | None = figure("1")
    albedo: Figure | None = figure("1")
    emissivity: Figure | None = figure("1")
    interior_flux_w_m2: Figure | None = figure("W/m^2")
    scattered_share: Figure | None = figure("1")
    even_loss_kg_m2: Figure | None = figure("kg/m^2")


@dataclass(frozen=True, slots=True)
class PlaceLight:
    """Light and terrain metrics of a place: fractions 0 to 1, distance in metres, None where it is not known."""

    place_id: str
    mean_sun_fraction: float
    mean_sun_sine: float = 0.0
    shadow_distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class IceProxy:
    """Likelihood of ice at a place, 0 to 1, with every number that it came from."""

    place_id: str
    absorbed_flux_w_m2: float
    mean_temperature_k: float
    ice_loss_kg_m2: float
    proxy: float
    hydrogen_weh_percent: float
    explanation: str


def ice_vapour_pressure_pa(temperature_k: float) -> float:
    """Return the vapour pressure over ice, Pa; Murphy and Koop 2005, doi 10.1256/qj.04.94, equation 7.

    Fitted from 110 K up; below, the loss is nought on any scale that matters here.
    """
    t = max(temperature_k, 20.0)
    return math.exp(9.550426 - 5723.265 / t + 3.53068 * math.log(t) - 0.00728332 * t)


def ice_loss_kg_m2_s(temperature_k: float) -> float:
    """Return the loss of bare ice into vacuum, kg m-2 s-1: Hertz-Knudsen with an accommodation of 1."""
    t = max(temperature_k, 20.0)
    return ice_vapour_pressure_pa(t) * math.sqrt(WATER_MOLECULE_KG / (2.0 * math.pi * BOLTZMANN * t))


def mean_flux_w_m2(model: ScienceModel, light: PlaceLight) -> float:
    """Return the mean absorbed flux at a place, W/m2: sunlight, what lit ground sends, what comes from inside."""
    sine = light.mean_sun_sine or DEFAULT_SUN_SINE
    direct = SOLAR_CONSTANT_W_M2 * sine * light.mean_sun_fraction
    scattered = SOLAR_CONSTANT_W_M2 * sine * value_of(model.scattered_share)
    return (1.0 - value_of(model.albedo)) * direct + scattered + value_of(model.interior_flux_w_m2)


def ice_proxy(model: ScienceModel, light: PlaceLight) -> IceProxy:
    """Return the ice proxy of a place: 1 / (1 + loss / even loss)."""
    flux = mean_flux_w_m2(model, light)
    temperature = (flux / (value_of(model.emissivity) * STEFAN_BOLTZMANN)) ** 0.25
    loss = ice_loss_kg_m2_s(temperature) * GIGAYEAR_S
    proxy = 1.0 / (1.0 + loss / value_of(model.even_loss_kg_m2))
    span = math.log(WEH_OF_SURE_ICE_PERCENT / WEH_OF_NO_ICE_PERCENT)
    explanation = (
        f"the Sun is seen {light.mean_sun_fraction:.1%} of the disc on average; {flux:.2f} W/m2 absorbed keep up "
        f"{temperature:.0f} K, at which bare ice loses {loss:.2g} kg/m2 in 1e9 years; even odds at "
        f"{value_of(model.even_loss_kg_m2):g} kg/m2"
    )
    if light.shadow_distance_m is not None:
        explanation += f"; permanent shadow is {light.shadow_distance_m:.0f} m away"
    return IceProxy(
        light.place_id,
        flux,
        temperature,
        loss,
        proxy,
        WEH_OF_NO_ICE_PERCENT * math.exp(span * proxy),
        explanation,
    )
