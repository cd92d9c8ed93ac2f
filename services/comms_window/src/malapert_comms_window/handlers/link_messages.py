"""Radios, relays, optical rules and key links as messages and as domain values; nothing is checked here."""

from dataclasses import asdict, fields

from malapert.comms_window.v1 import window_pb2

from malapert_comms_window.domain.keys import KeySource
from malapert_comms_window.domain.links import LinkTerminal
from malapert_comms_window.domain.orbiter_links import KeyLink, OpticalLink, OpticalRules, OrbiterLink, RelayLink

_SOURCE_FIELDS = tuple(field.name for field in fields(KeySource))


def terminal_of(message: window_pb2.LinkTerminal) -> LinkTerminal:
    """Return the domain's radio."""
    return LinkTerminal(
        band=message.band,
        frequency_hz=message.frequency_hz,
        eirp_dbw=message.eirp_dbw,
        required_eb_n0_db=message.required_eb_n0_db,
        margin_db=message.margin_db,
        losses_db=message.losses_db,
        rate_steps_bps=tuple(message.rate_steps_bps),
    )


def terminal_message(terminal: LinkTerminal) -> window_pb2.LinkTerminal:
    """Return the message of a radio."""
    return window_pb2.LinkTerminal(**asdict(terminal))


def relay_of(message: window_pb2.RelayLink) -> RelayLink:
    """Return the domain's relay."""
    return RelayLink(
        orbiter_id=message.orbiter_id,
        uplink=terminal_of(message.uplink),
        orbiter_g_over_t_db_k=message.orbiter_g_over_t_db_k,
        downlink=terminal_of(message.downlink),
        min_elevation_deg=message.min_elevation_deg,
        max_latency_s=message.max_latency_s,
    )


def relay_message(relay: RelayLink) -> window_pb2.RelayLink:
    """Return the message of a relay."""
    return window_pb2.RelayLink(
        orbiter_id=relay.orbiter_id,
        uplink=terminal_message(relay.uplink),
        orbiter_g_over_t_db_k=relay.orbiter_g_over_t_db_k,
        downlink=terminal_message(relay.downlink),
        min_elevation_deg=relay.min_elevation_deg,
        max_latency_s=relay.max_latency_s,
    )


def orbiter_link_of(message: window_pb2.OrbiterLink) -> OrbiterLink:
    """Return the domain's link of an orbiter."""
    return OrbiterLink(message.orbiter_id, terminal_of(message.terminal))


def orbiter_link_message(link: OrbiterLink) -> window_pb2.OrbiterLink:
    """Return the message of an orbiter's link."""
    return window_pb2.OrbiterLink(orbiter_id=link.orbiter_id, terminal=terminal_message(link.terminal))


def optical_rules_of(message: window_pb2.OpticalRules) -> OpticalRules:
    """Return the domain's rules of an optical station."""
    return OpticalRules(message.max_sun_elevation_deg, message.min_elevation_deg, message.min_moon_separation_deg)


def optical_rules_message(rules: OpticalRules) -> window_pb2.OpticalRules:
    """Return the message of the rules of an optical station."""
    return window_pb2.OpticalRules(**asdict(rules))


def optical_link_of(message: window_pb2.OpticalLink) -> OpticalLink:
    """Return the domain's link of light."""
    return OpticalLink(message.orbiter_id, optical_rules_of(message.rules), message.needs_shadow)


def optical_link_message(link: OpticalLink) -> window_pb2.OpticalLink:
    """Return the message of a link of light."""
    rules = optical_rules_message(link.rules)
    return window_pb2.OpticalLink(orbiter_id=link.orbiter_id, rules=rules, needs_shadow=link.needs_shadow)


def key_link_of(message: window_pb2.KeyLink) -> KeyLink:
    """Return the domain's key link."""
    return KeyLink(
        orbiter_id=message.orbiter_id,
        rules=optical_rules_of(message.rules),
        source=KeySource(**{name: getattr(message, name) for name in _SOURCE_FIELDS}),
        clear_sky=dict(sorted(message.clear_sky.items())),
        needs_shadow=message.needs_shadow,
    )


def key_link_message(link: KeyLink) -> window_pb2.KeyLink:
    """Return the message of a key link."""
    return window_pb2.KeyLink(
        orbiter_id=link.orbiter_id,
        rules=optical_rules_message(link.rules),
        **asdict(link.source),
        clear_sky=dict(link.clear_sky),
        needs_shadow=link.needs_shadow,
    )
