"""Link requests of a mission to comms-window besides its rover's contacts: orbiters, relays, keys, own stations."""

import math
from collections.abc import Iterator

from malapert.comms_window.v1 import window_pb2
from malapert.type.v1 import type_pb2

from malapert_planner.mission_document.assets import Asset, AssetKind, Terminal
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.figures import Confidence, Figure
from malapert_planner.mission_document.links import KeySource, LightLink
from malapert_planner.services.requests_out.item_messages import confidence_number
from malapert_planner.services.requests_out.orbits import orbiter_id_of

_OPTICAL = "optical"


def station_id_of(document: MissionDocument, name: str) -> str:
    """Return the name under which comms-window knows a station: of the mission's own one that no other mission has."""
    return name if name in document.stations else f"{document.mission.id}.{name}"


def add_links(document: MissionDocument, request: window_pb2.ComputeWindowsRequest) -> None:
    """Add to a computation what a mission's orbiters, relays and sources of keys need."""
    request.own_stations.extend(_own_stations(document))
    if document.ground_laser is not None and request.places:
        request.optical.CopyFrom(_optical_rules(document.ground_laser))
    for asset in document.assets:
        if asset.orbit is None:
            continue
        orbiter_id = orbiter_id_of(document, asset.id)
        if asset.terminal is not None:
            request.orbiters.add(orbiter_id=orbiter_id, terminal=terminal_message(asset.terminal))
        if asset.laser is not None:
            rules = _optical_rules(asset.laser)
            request.optical_links.add(orbiter_id=orbiter_id, rules=rules, needs_shadow=asset.laser.needs_shadow)
        if asset.key_source is not None:
            request.key_links.append(_key_link(document, asset.key_source, orbiter_id))
        uplink = document.ground_terminal
        if asset.receiver is not None and asset.terminal is not None and uplink is not None and request.places:
            request.relays.add(
                orbiter_id=orbiter_id,
                uplink=terminal_message(uplink),
                orbiter_g_over_t_db_k=asset.receiver.g_over_t.amount,
                downlink=terminal_message(asset.terminal),
                min_elevation_deg=asset.receiver.min_elevation.amount,
            )


def fixed_places(document: MissionDocument) -> list[window_pb2.Place]:
    """Return the places of a mission without a terrain, by their coordinates."""
    return [
        window_pb2.Place(
            place_id=waypoint.id,
            point=type_pb2.SurfacePoint(
                longitude_deg=waypoint.fixed.longitude.amount,
                latitude_deg=waypoint.fixed.latitude.amount,
                elevation_m=waypoint.fixed.elevation.amount if waypoint.fixed.elevation else 0.0,
            ),
        )
        for waypoint in document.waypoints
        if waypoint.fixed is not None
    ]


def terminal_message(terminal: Terminal) -> window_pb2.LinkTerminal:
    """Return a radio as its message."""
    return window_pb2.LinkTerminal(
        band=terminal.band,
        frequency_hz=terminal.frequency.amount,
        eirp_dbw=terminal.eirp.amount,
        required_eb_n0_db=terminal.required_eb_n0.amount,
        margin_db=terminal.margin.amount,
        losses_db=terminal.losses.amount,
        rate_steps_bps=[step.amount for step in terminal.rate_steps],
    )


def _optical_rules(link: LightLink) -> window_pb2.OpticalRules:
    return window_pb2.OpticalRules(
        max_sun_elevation_deg=link.max_sun_elevation.amount,
        min_elevation_deg=link.min_elevation.amount,
        min_moon_separation_deg=link.min_moon_separation.amount,
    )


def _key_link(document: MissionDocument, source: KeySource, orbiter_id: str) -> window_pb2.KeyLink:
    clear = {
        station_id_of(document, asset.id): asset.clear_sky.amount
        for asset in document.assets
        if asset.clear_sky is not None
    }
    return window_pb2.KeyLink(
        orbiter_id=orbiter_id,
        rules=_optical_rules(source),
        pulse_rate_hz=source.pulse_rate.amount,
        signal_photons=source.signal_photons.amount,
        decoy_photons=source.decoy_photons.amount,
        signal_share=source.signal_share.amount,
        dark_count=source.dark_count.amount,
        misalignment=source.misalignment.amount,
        correction_efficiency=source.correction_efficiency.amount,
        basis_share=source.basis_share.amount,
        beam_divergence_rad=math.radians(source.beam_divergence.amount),
        telescope_m=source.telescope.amount,
        zenith_transmission=source.zenith_transmission.amount,
        fixed_loss_db=source.fixed_loss.amount,
        least_sifted_bits=source.least_sifted.amount,
        clear_sky=clear,
        needs_shadow=source.needs_shadow,
    )


def _own_stations(document: MissionDocument) -> Iterator[window_pb2.Station]:
    links = [link for asset in document.assets for link in (asset.laser, asset.key_source) if link is not None]
    if not links:
        return
    lowest = min((link.min_elevation for link in links), key=lambda figure: figure.amount)
    telescope = min(link.telescope.amount for link in links)
    for asset in document.assets:
        if asset.kind is AssetKind.OPTICAL_STATION and asset.site is not None:
            yield _optical_station(document, asset, lowest, telescope)


def _optical_station(document: MissionDocument, asset: Asset, lowest: Figure, telescope_m: float) -> window_pb2.Station:
    assert asset.site is not None  # noqa: S101  (the document is checked for it)
    station_id = station_id_of(document, asset.id)
    source = asset.site.source or asset.source or document.source or document.mission.title
    confidence = asset.site.confidence or asset.confidence or document.confidence
    known = confidence_number(confidence or Confidence.UNVERIFIED)

    def figure(value: float, unit: str) -> type_pb2.Figure:
        return type_pb2.Figure(value=value, unit=unit, source=source, confidence=known)

    return window_pb2.Station(
        station_id=station_id,
        name=asset.name,
        agency_id=asset.agency,
        operator=asset.agency,
        latitude_deg=asset.site.latitude.amount,
        longitude_deg=asset.site.longitude.amount,
        height_m=asset.site.height.amount,
        height_datum="WGS84 ellipsoid",
        dish_m=telescope_m,
        min_elevation_deg=figure(lowest.amount, "deg"),
        bands=[window_pb2.StationBand(band=_OPTICAL)],
        setup_s=figure(0.0, "s"),
        teardown_s=figure(0.0, "s"),
        cost_per_hour=figure(0.0, "1"),
        handover_s=figure(0.0, "s"),
        source=source,
        confidence=known,
        complex_name=station_id,
        bands_confidence=known,
    )
