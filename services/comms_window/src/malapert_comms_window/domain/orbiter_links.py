"""Requests for links over orbiters and for optical links, and their validation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from malapert_core.errors import Fault

from malapert_comms_window.domain.keys import KeySource
from malapert_comms_window.domain.links import LinkTerminal, terminal_faults

MAX_LATENCY_S = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class RelayLink:
    """An orbiter between places and stations; without stored data where the latency is 0."""

    orbiter_id: str
    uplink: LinkTerminal
    orbiter_g_over_t_db_k: float
    downlink: LinkTerminal
    min_elevation_deg: float
    max_latency_s: float


@dataclass(frozen=True, slots=True)
class OrbiterLink:
    """An orbiter whose own contacts, eclipses and occultations are wanted."""

    orbiter_id: str
    terminal: LinkTerminal


@dataclass(frozen=True, slots=True)
class OpticalRules:
    """Operating limits of an optical station, degrees."""

    max_sun_elevation_deg: float
    min_elevation_deg: float
    min_moon_separation_deg: float


@dataclass(frozen=True, slots=True)
class OpticalLink:
    """An orbiter whose links of light with the optical stations are wanted."""

    orbiter_id: str
    rules: OpticalRules
    needs_shadow: bool = False


@dataclass(frozen=True, slots=True)
class KeyLink:
    """A source of keys on an orbiter, by chance of a clear sky at each station (1 where none is given)."""

    orbiter_id: str
    rules: OpticalRules
    source: KeySource
    clear_sky: Mapping[str, float] = field(default_factory=dict)
    needs_shadow: bool = False


def relay_faults(relay: RelayLink, path: str) -> Iterable[Fault]:
    """Yield what is wrong with a relay."""
    yield from terminal_faults(relay.uplink, f"{path}.uplink")
    yield from terminal_faults(relay.downlink, f"{path}.downlink")
    yield from _limits(
        path,
        ("orbiter_g_over_t_db_k", relay.orbiter_g_over_t_db_k, -60.0, 60.0),
        ("min_elevation_deg", relay.min_elevation_deg, -10.0, 90.0),
        ("max_latency_s", relay.max_latency_s, 0.0, MAX_LATENCY_S),
    )


def optical_faults(rules: OpticalRules, path: str) -> Iterable[Fault]:
    """Yield what is wrong with the rules of an optical station."""
    yield from _limits(
        path,
        ("max_sun_elevation_deg", rules.max_sun_elevation_deg, -90.0, 0.0),
        ("min_elevation_deg", rules.min_elevation_deg, 0.0, 90.0),
        ("min_moon_separation_deg", rules.min_moon_separation_deg, 0.0, 180.0),
    )


def key_link_faults(link: KeyLink, path: str, station_ids: tuple[str, ...]) -> Iterable[Fault]:
    """Yield what is wrong with a key link."""
    source = link.source
    yield from optical_faults(link.rules, f"{path}.rules")
    yield from _limits(
        path,
        ("pulse_rate_hz", source.pulse_rate_hz, 1.0, 1e12),
        ("signal_photons", source.signal_photons, 1e-3, 10.0),
        ("decoy_photons", source.decoy_photons, 1e-4, 10.0),
        ("signal_share", source.signal_share, 1e-3, 1.0),
        ("dark_count", source.dark_count, 0.0, 0.1),
        ("misalignment", source.misalignment, 0.0, 0.5),
        ("correction_efficiency", source.correction_efficiency, 1.0, 10.0),
        ("basis_share", source.basis_share, 1e-3, 1.0),
        ("beam_divergence_rad", source.beam_divergence_rad, 1e-8, 1e-2),
        ("telescope_m", source.telescope_m, 1e-2, 50.0),
        ("zenith_transmission", source.zenith_transmission, 1e-3, 1.0),
        ("fixed_loss_db", source.fixed_loss_db, 0.0, 100.0),
        ("least_sifted_bits", source.least_sifted_bits, 0.0, 1e12),
    )
    if not source.decoy_photons < source.signal_photons:
        message = f"{source.decoy_photons} is not below the {source.signal_photons} photons of a signal"
        yield Fault(f"{path}.decoy_photons", "OUT_OF_RANGE", message)
    for station_id, chance in link.clear_sky.items():
        at = f"{path}.clear_sky[{station_id}]"
        if station_id not in station_ids:
            yield Fault(at, "UNKNOWN_STATION", f"{station_id!r} is none of the asked stations")
        if not 0.0 <= chance <= 1.0:
            yield Fault(at, "OUT_OF_RANGE", f"{chance} is not in 0 to 1")


def _limits(path: str, *values: tuple[str, float, float, float]) -> Iterable[Fault]:
    for name, value, low, high in values:
        if not low <= value <= high:
            yield Fault(f"{path}.{name}", "OUT_OF_RANGE", f"{value} is not in {low:g} to {high:g}")
