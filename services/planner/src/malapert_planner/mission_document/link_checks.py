"""Rules between conditions on links and what makes them: places, radios, receivers, sources of keys."""

from collections.abc import Iterator, Sequence

from malapert_core.errors import Fault

from malapert_planner.mission_document.assets import ON_EARTH, AssetKind, Condition, ConditionKind
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.links import KeySource

MOST_SUN_SHARES = 10
AT_A_PLACE = frozenset(
    {
        ConditionKind.ILLUMINATION,
        ConditionKind.DARKNESS,
        ConditionKind.EARTH_VISIBILITY,
        ConditionKind.CONTACT,
        ConditionKind.RELAY_CONTACT,
    }
)
"""Conditions that hold at a place: where there is no terrain the places need coordinates."""


def check_links(document: MissionDocument) -> Iterator[Fault]:
    """Yield what is missing for the conditions of steps, and what only some kinds of assets have."""
    yield from _parts(document)
    yield from _sun_shares(document)
    for index, activity_type in enumerate(document.activity_types):
        for number, step in enumerate(activity_type.steps):
            for position, condition in enumerate(step.conditions):
                path = f"activity_types[{index}].steps[{number}].conditions[{position}]"
                for message in _missing(document, condition):
                    yield Fault(path, "MISSING_FIGURES", f"{condition.kind} needs {message}")


def _parts(document: MissionDocument) -> Iterator[Fault]:
    for index, asset in enumerate(document.assets):
        if asset.key_source is not None:
            yield from _pulses(asset.key_source, f"assets[{index}].key_source")
        for name in ("receiver", "key_source"):
            if getattr(asset, name) is not None and asset.orbit is None:
                yield Fault(f"assets[{index}].{name}", "WRONG_KIND", f"only an asset with an orbit has a {name}")
        if asset.laser is not None and asset.kind in ON_EARTH:
            yield Fault(f"assets[{index}].laser", "WRONG_KIND", f"a laser is what an {asset.kind} looks for")
        if asset.laser is not None and asset.laser.needs_shadow and asset.orbit is None:
            message = "only an asset with an orbit waits for its shadow; a step may ask for darkness"
            yield Fault(f"assets[{index}].laser.needs_shadow", "WRONG_KIND", message)
        if asset.clear_sky is not None and asset.kind is not AssetKind.OPTICAL_STATION:
            message = f"only an {AssetKind.OPTICAL_STATION} has a chance of a clear sky"
            yield Fault(f"assets[{index}].clear_sky", "WRONG_KIND", message)


def _pulses(source: KeySource, path: str) -> Iterator[Fault]:
    if not source.decoy_photons.amount < source.signal_photons.amount:
        message = f"fewer photons than the {source.signal_photons.amount:g} of a signal are needed"
        yield Fault(f"{path}.decoy_photons", "OUT_OF_RANGE", message)


def _sun_shares(document: MissionDocument) -> Iterator[Fault]:
    asked = dict[float, str]()
    for index, activity_type in enumerate(document.activity_types):
        for number, step in enumerate(activity_type.steps):
            for position, condition in enumerate(step.conditions):
                if condition.least_sun is not None:
                    path = f"activity_types[{index}].steps[{number}].conditions[{position}].least_sun"
                    asked.setdefault(condition.least_sun.amount, path)
    for path in list(asked.values())[MOST_SUN_SHARES:]:
        yield Fault(path, "TOO_MANY", f"steps ask for {len(asked)} shares of the solar disc; at most {MOST_SUN_SHARES}")


def _missing(document: MissionDocument, condition: Condition) -> Iterator[str]:
    kind, placed = condition.kind, [waypoint for waypoint in document.waypoints if waypoint.fixed is not None]
    flying = [asset for asset in document.assets if asset.orbit is not None]
    named = [asset for asset in flying if not condition.orbiters or asset.id in condition.orbiters]
    at_a_place = kind in AT_A_PLACE or (
        kind is ConditionKind.OPTICAL_LINK and light_from_places(document, condition.orbiters)
    )
    if at_a_place and document.terrain is None and len(placed) < max(1, len(document.waypoints)):
        yield "a terrain, or waypoints that are fixed by their coordinates"
    if kind in (ConditionKind.CONTACT, ConditionKind.RELAY_CONTACT) and document.ground_terminal is None:
        yield "an asset on the ground with a terminal"
    if kind is ConditionKind.RELAY_CONTACT:
        yield from (f"the receiver of {asset.id}" for asset in named if asset.receiver is None)
    if kind in (ConditionKind.RELAY_CONTACT, ConditionKind.ORBITER_CONTACT, ConditionKind.ORBITER_SUNLIGHT):
        yield from (f"the terminal of {asset.id}" for asset in named if asset.terminal is None)
    if kind is ConditionKind.OPTICAL_LINK:
        yield from (f"the laser of {asset.id}" for asset in named if condition.orbiters and asset.laser is None)
        if not any(asset.laser is not None for asset in document.assets):
            yield "an asset with a laser"
    if kind is ConditionKind.KEY_LINK:
        yield from (f"the key_source of {asset.id}" for asset in named if asset.key_source is None)
    seen = any(asset.kind is AssetKind.OPTICAL_STATION for asset in document.assets)
    if kind in (ConditionKind.OPTICAL_LINK, ConditionKind.KEY_LINK) and not seen:
        yield "an optical_station"


def light_from_places(document: MissionDocument, orbiters: Sequence[str]) -> bool:
    """Return whether a link of light may come from a place: no orbiter is named and something there has a laser."""
    return not orbiters and document.ground_laser is not None
