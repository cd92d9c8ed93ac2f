"""Rules between the parts of a mission document; those of the catalogue's numbers are the payload service's."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import islice, pairwise

from malapert_core.errors import Fault
from malapert_core.timestamps import format_time

from malapert_planner.mission_document.assets import (
    IN_ORBIT,
    ON_EARTH,
    AssetKind,
    Condition,
    ConditionKind,
    InstrumentUse,
)
from malapert_planner.mission_document.document import ROVER_PARTS, MissionDocument
from malapert_planner.mission_document.figures import Figure
from malapert_planner.mission_document.link_checks import check_links
from malapert_planner.mission_document.margin_checks import check_margins
from malapert_planner.mission_document.mission import Builtin
from malapert_planner.mission_document.night_checks import check_nights
from malapert_planner.mission_document.resources import Window

Span = tuple[datetime, datetime]
DRIVE_CONDITIONS = (
    ConditionKind.ILLUMINATION,
    ConditionKind.DARKNESS,
    ConditionKind.EARTH_VISIBILITY,
    ConditionKind.CONTACT,
)


MOST_FAULTS = 1000
"""Largest number of faults that are collected; each suggestion of a name is a comparison with all names."""
_MOST_NAMES_COMPARED = 200


def check_document(document: MissionDocument, ephemeris_span: Span) -> list[Fault]:
    """Return every fault between the parts of a document that is well formed in itself."""
    checks: tuple[Callable[[MissionDocument], Iterable[Fault]], ...] = (
        _unique_identifiers,
        _asset_parts,
        _known_agencies,
        _known_places,
        _waypoint_definitions,
        _known_instruments_and_types,
        _known_conditions,
        _preferences,
        check_links,
        check_margins,
        check_nights,
        _known_relations,
        _request_windows,
        _calendar_windows,
        _terrain,
        _launch,
        _times,
        _amounts,
    )
    found = (fault for check in checks for fault in check(document))
    return list(islice(found, MOST_FAULTS)) + list(_ephemeris(document, ephemeris_span))


def horizon_span(document: MissionDocument) -> Span:
    """Return the first and the last instant of the planned span."""
    start = document.horizon.start
    return start, start + timedelta(seconds=document.horizon.duration.amount)


def _unknown(path: str, kind: str, name: str, allowed: Iterable[str]) -> Fault:
    names = sorted(allowed)
    nearest = get_close_matches(name, names[:_MOST_NAMES_COMPARED], n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]}? " if nearest else ""
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return Fault(
        path, f"UNKNOWN_{kind.upper()}", f"there is no {kind.lower()} {name!r}; {hint}known: {shown or 'none'}"
    )


def _duplicates(path: str, names: Sequence[str], suffix: str = ".id") -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in first:
            message = f"{name!r} is there already as {path}[{first[name]}]"
            yield Fault(f"{path}[{index}]{suffix}", "DUPLICATE_ID", message)
        first.setdefault(name, index)


def _unique_identifiers(document: MissionDocument) -> Iterator[Fault]:
    names = ("agencies", "assets", "waypoints", "place_sets", "calendars", "instruments", "activity_types", "requests")
    for name in (*names, "request_sets"):
        yield from _duplicates(name, [item.id for item in getattr(document, name)])
    yield from _duplicates("stations", document.stations, "")
    for index, instrument in enumerate(document.instruments):
        yield from _duplicates(f"instruments[{index}].modes", [mode.id for mode in instrument.modes])
    for index, activity_type in enumerate(document.activity_types):
        yield from _duplicates(f"activity_types[{index}].steps", [step.id for step in activity_type.steps])
    if document.launch is not None:
        yield from _duplicates("launch.scenarios", [scenario.id for scenario in document.launch.scenarios])


def _known_agencies(document: MissionDocument) -> Iterator[Fault]:
    known = {agency.id for agency in document.agencies}
    named = [(f"assets[{i}].agency", item.agency) for i, item in enumerate(document.assets)]
    named += [(f"instruments[{i}].agency", item.agency) for i, item in enumerate(document.instruments)]
    named += [(f"requests[{i}].agency", item.agency) for i, item in enumerate(document.requests)]
    yield from (_unknown(path, "AGENCY", name, known) for path, name in named if name not in known)
    if not any(agency.reviewer for agency in document.agencies):
        yield Fault("agencies", "MISSING_REVIEWER", "no agency reviews plans; set reviewer: true on at least one")


def _known_places(document: MissionDocument) -> Iterator[Fault]:
    known = {waypoint.id for waypoint in document.waypoints}
    named = [
        (f"assets[{i}].start_place", item.start_place) for i, item in enumerate(document.assets) if item.start_place
    ]
    for index, places in enumerate(document.place_sets):
        named += [(f"place_sets[{index}].places[{i}]", place) for i, place in enumerate(places.places)]
    named += [(f"drive_rule.dark_places[{i}]", place) for i, place in enumerate(document.drive_rule.dark_places)]
    havens = document.night_rule.havens if document.night_rule else ()
    named += [(f"night_rule.havens[{i}]", place) for i, place in enumerate(havens)]
    for index, request in enumerate(document.requests):
        named += [(f"requests[{index}].places[{i}]", place) for i, place in enumerate(request.places)]
    yield from (_unknown(path, "PLACE", name, known) for path, name in named if name not in known)


def _waypoint_definitions(document: MissionDocument) -> Iterator[Fault]:
    for index, waypoint in enumerate(document.waypoints):
        given = [part for part in (waypoint.offset, waypoint.selection, waypoint.fixed) if part is not None]
        if document.terrain is None and (waypoint.offset is not None or waypoint.selection is not None):
            message = "the mission has no terrain to put it on; give the place its coordinates, or a name alone"
            yield Fault(f"waypoints[{index}]", "INVALID_WAYPOINT", message)
        elif document.terrain is not None and len(given) != 1:
            message = f"exactly one of offset, selection and fixed is needed; {len(given)} are given"
            yield Fault(f"waypoints[{index}]", "INVALID_WAYPOINT", message)


def _asset_parts(document: MissionDocument) -> Iterator[Fault]:
    """Ask for what makes a mission on a terrain plannable, and for the orbits of what flies."""
    rovers = [(index, asset) for index, asset in enumerate(document.assets) if asset.kind is AssetKind.ROVER]
    for name in ("landing", "communications"):
        if document.terrain is not None and getattr(document, name) is None:
            yield Fault(name, "MISSING_FIELD", f"a mission on a terrain needs {name}")
    if document.terrain is not None and not document.waypoints:
        yield Fault("waypoints", "MISSING_FIELD", "a mission on a terrain needs a waypoint at least")
    if document.terrain is not None and not document.stations:
        yield Fault("stations", "MISSING_FIELD", "a mission on a terrain needs a station at least")
    if document.terrain is not None and len(rovers) != 1:
        yield Fault("assets", "ONE_ROVER", f"{len(rovers)} rovers are given; a mission on a terrain has exactly one")
    for index, rover in rovers:
        missing = [name for name in ROVER_PARTS if getattr(rover, name) is None]
        for name in missing if document.terrain is not None else ():
            yield Fault(f"assets[{index}].{name}", "MISSING_FIELD", f"a rover on a terrain needs {name}")
    for index, asset in enumerate(document.assets):
        path = f"assets[{index}]"
        if asset.orbit is not None:
            given = [asset.orbit.oem, asset.orbit.two_line_elements, asset.orbit.elements]
            count = sum(part is not None for part in given)
            if count != 1:
                message = f"exactly one of oem, two_line_elements and elements is needed; {count} are given"
                yield Fault(f"{path}.orbit", "INVALID_ORBIT", message)
            if asset.kind not in IN_ORBIT:
                yield Fault(f"{path}.orbit", "WRONG_KIND", f"a {asset.kind} has no orbit")
        elif asset.kind in IN_ORBIT and asset.kind is not AssetKind.STATION:
            yield Fault(f"{path}.orbit", "MISSING_FIELD", f"a {asset.kind} needs an orbit")
        if asset.kind is AssetKind.OPTICAL_STATION and asset.site is None:
            yield Fault(f"{path}.site", "MISSING_FIELD", f"a {asset.kind} needs a site")


def _known_instruments_and_types(document: MissionDocument) -> Iterator[Fault]:
    modes = {item.id: {mode.id for mode in item.modes} for item in document.instruments}
    resources = {name for asset in document.assets for name in asset.resources} | set(modes)
    assets = [asset.id for asset in document.assets]
    yield from _instrument_uses("drive_rule", document.drive_rule.instruments, modes)
    yield from _resources("drive_rule", document.drive_rule.resources, resources)
    for index, instrument in enumerate(document.instruments):
        if instrument.asset not in assets:
            yield _unknown(f"instruments[{index}].asset", "ASSET", instrument.asset, assets)
    for index, activity_type in enumerate(document.activity_types):
        if activity_type.asset not in assets:
            yield _unknown(f"activity_types[{index}].asset", "ASSET", activity_type.asset, assets)
        for position, step in enumerate(activity_type.steps):
            path = f"activity_types[{index}].steps[{position}]"
            yield from _instrument_uses(path, step.instruments, modes)
            yield from _resources(path, step.resources, resources)
    known = {item.id for item in document.activity_types}
    for index, request in enumerate(document.requests):
        if request.activity_type not in known:
            yield _unknown(f"requests[{index}].activity_type", "ACTIVITY_TYPE", request.activity_type, known)


def _resources(path: str, names: Sequence[str], known: set[str]) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name not in known:
            yield _unknown(f"{path}.resources[{index}]", "RESOURCE", name, known)


def _instrument_uses(path: str, uses: Sequence[InstrumentUse], modes: dict[str, set[str]]) -> Iterator[Fault]:
    for index, use in enumerate(uses):
        if use.instrument not in modes:
            yield _unknown(f"{path}.instruments[{index}].instrument", "INSTRUMENT", use.instrument, modes)
        elif use.mode not in modes[use.instrument]:
            yield _unknown(f"{path}.instruments[{index}].mode", "MODE", use.mode, modes[use.instrument])


def _known_conditions(document: MissionDocument) -> Iterator[Fault]:
    known = {
        "stations": known_stations(document),
        "orbiters": [asset.id for asset in document.assets if asset.kind in IN_ORBIT],
        "calendars": [calendar.id for calendar in document.calendars],
    }
    places: list[tuple[str, Sequence[Condition]]] = [("drive_rule", document.drive_rule.conditions)]
    for index, activity_type in enumerate(document.activity_types):
        places += [
            (f"activity_types[{index}].steps[{i}]", step.conditions) for i, step in enumerate(activity_type.steps)
        ]
    for index, condition in enumerate(document.drive_rule.conditions):
        if condition.kind not in DRIVE_CONDITIONS or condition.outside:
            kinds = ", ".join(DRIVE_CONDITIONS)
            message = f"a drive needs one of {kinds}; it cannot ask for anything to be absent"
            yield Fault(f"drive_rule.conditions[{index}]", "WRONG_CONDITION", message)
        elif condition.least_sun is not None:
            message = "a drive asks for any of the solar disc; a share of it is asked for by steps of activities"
            yield Fault(f"drive_rule.conditions[{index}].least_sun", "WRONG_CONDITION", message)
        elif document.drive_rule.along_the_way and condition.kind is ConditionKind.DARKNESS:
            message = "darkness is not looked after along the way; one of illumination, earth_visibility, contact is"
            yield Fault(f"drive_rule.conditions[{index}]", "WRONG_CONDITION", message)
    if document.drive_rule.along_the_way and document.terrain is None:
        message = "routes, and what is in view along them, are those of a terrain, which the mission has not"
        yield Fault("drive_rule.along_the_way", "NO_TERRAIN", message)
    for path, conditions in places:
        for index, condition in enumerate(conditions):
            for name, allowed in known.items():
                for position, identifier in enumerate(getattr(condition, name)):
                    if identifier not in allowed:
                        where = f"{path}.conditions[{index}].{name}[{position}]"
                        yield _unknown(where, name.removesuffix("s").upper(), identifier, allowed)


def _preferences(document: MissionDocument) -> Iterator[Fault]:
    """Yield stations that are preferred but unknown, or preferred twice."""
    first, known = dict[str, str](), known_stations(document)
    given = document.communications.preferences if document.communications else ()
    if given and document.terrain is None:
        message = "stations are chosen among for what is on a terrain, which the mission has not"
        yield Fault("communications.preferences", "NO_TERRAIN", message)
    for index, preference in enumerate(given):
        for position, station_id in enumerate(preference.stations):
            path = f"communications.preferences[{index}].stations[{position}]"
            if station_id not in known:
                yield _unknown(path, "STATION", station_id, known)
            elif station_id in first:
                yield Fault(path, "DUPLICATE_ID", f"{station_id!r} is there already as {first[station_id]}")
            first.setdefault(station_id, path)


def known_stations(document: MissionDocument) -> list[str]:
    """Return what contacts and links may be held with: stations of the catalogue, and assets on the Earth."""
    return [*document.stations, *(asset.id for asset in document.assets if asset.kind in ON_EARTH)]


def _known_relations(document: MissionDocument) -> Iterator[Fault]:
    known = {request.id for request in document.requests}
    for index, group in enumerate(document.request_sets):
        for position, name in enumerate(group.requests):
            if name not in known:
                yield _unknown(f"request_sets[{index}].requests[{position}]", "REQUEST", name, known)
    for index, request in enumerate(document.requests):
        for position, relation in enumerate(request.relations):
            path = f"requests[{index}].relations[{position}]"
            if relation.request not in known:
                yield _unknown(f"{path}.request", "REQUEST", relation.request, known)
            elif relation.request == request.id:
                yield Fault(f"{path}.request", "SELF_RELATION", f"request {request.id!r} is related to itself")


def _request_windows(document: MissionDocument) -> Iterator[Fault]:
    start, end = horizon_span(document)
    for index, request in enumerate(document.requests):
        for position, window in enumerate(request.windows):
            path = f"requests[{index}].windows[{position}]"
            if window.end <= window.start:
                yield Fault(path, "EMPTY_WINDOW", "the window ends before or as it starts")
            elif window.start < start or window.end > end:
                allowed = f"{format_time(start)} to {format_time(end)}"
                yield Fault(path, "OUTSIDE_HORIZON", f"the window leaves the planned span, {allowed}")
        yield from _overlaps(f"requests[{index}].windows", request.windows)


def _overlaps(path: str, windows: Sequence[Window]) -> Iterator[Fault]:
    order = sorted(range(len(windows)), key=lambda i: windows[i].start)
    for before, after in pairwise(order):
        if windows[after].start < windows[before].end:
            message = f"it overlaps {path}[{before}], which ends at {format_time(windows[before].end)}; join the two"
            yield Fault(f"{path}[{after}]", "OVERLAP", message)


def _calendar_windows(document: MissionDocument) -> Iterator[Fault]:
    for index, calendar in enumerate(document.calendars):
        path = f"calendars[{index}]"
        if not calendar.windows and not calendar.repeated:
            yield Fault(path, "EMPTY_CALENDAR", "give windows, repeated ones, or both")
        for position, window in enumerate(calendar.windows):
            if window.end <= window.start:
                yield Fault(f"{path}.windows[{position}]", "EMPTY_WINDOW", "the window ends before or as it starts")
        yield from _overlaps(f"{path}.windows", calendar.windows)
        for position, repeated in enumerate(calendar.repeated):
            where = f"{path}.repeated[{position}]"
            if repeated.duration.amount <= 0:
                yield Fault(f"{where}.duration", "OUT_OF_RANGE", "the duration must be above 0")
            elif repeated.every.amount < repeated.duration.amount and repeated.count > 1:
                message = f"the windows overlap: {repeated.duration.value} long, every {repeated.every.value}"
                yield Fault(f"{where}.every", "OVERLAP", message)


def _terrain(document: MissionDocument) -> Iterator[Fault]:
    if document.terrain is None:
        return
    builtin, latitude = document.terrain.builtin, document.terrain.region.latitude.amount
    if builtin is not Builtin.NONE and (latitude < 0) != (builtin is Builtin.SOUTH):
        message = f"the region lies at latitude {latitude:g} deg, not on the {builtin} grid"
        yield Fault("terrain.builtin", "WRONG_POLE", message)
    if document.terrain.region.radius.amount <= 0:
        yield Fault("terrain.region.radius", "OUT_OF_RANGE", "the radius must be above 0")
    detail = document.terrain.synthetic_detail
    if detail is not None and detail.pixel_size.amount <= 0:
        yield Fault("terrain.synthetic_detail.pixel_size", "OUT_OF_RANGE", "the pixel size must be above 0")


def _launch(document: MissionDocument) -> Iterator[Fault]:
    if document.launch is None:
        return
    scenarios = {scenario.id: scenario for scenario in document.launch.scenarios}
    name = document.launch.default_scenario
    if name not in scenarios:
        yield _unknown("launch.default_scenario", "SCENARIO", name, scenarios)
    elif document.landing is not None and scenarios[name].landing != document.landing.time:
        message = f"scenario {name!r} lands at {format_time(scenarios[name].landing)}; both must be the same"
        yield Fault("landing.time", "SCENARIO_MISMATCH", message)


def _times(document: MissionDocument) -> Iterator[Fault]:
    if document.landing is not None and document.landing.time > document.horizon.start:
        message = f"the landing comes after the planned span's start, {format_time(document.horizon.start)}"
        yield Fault("landing.time", "LANDING_AFTER_START", message)


def _amounts(document: MissionDocument) -> Iterator[Fault]:
    positive: dict[str, Figure] = {
        "horizon.duration": document.horizon.duration,
        "horizon.profile_step": document.horizon.profile_step,
        "solver.work_limit": document.solver.work_limit,
    }
    for index, asset in enumerate(document.assets):
        if asset.battery is not None:
            positive[f"assets[{index}].battery.capacity"] = asset.battery.capacity
            positive[f"assets[{index}].battery.charge_efficiency"] = asset.battery.charge_efficiency
        if asset.storage is not None:
            positive[f"assets[{index}].storage.capacity"] = asset.storage.capacity
    for path, figure in positive.items():
        if figure.amount <= 0:
            yield Fault(path, "OUT_OF_RANGE", f"{figure.value!r} must be above 0")
    resolution_s = document.solver.resolution.amount
    if resolution_s < 1 or resolution_s != round(resolution_s):
        yield Fault("solver.resolution", "OUT_OF_RANGE", "the resolution must be a whole number of seconds, 1 or more")
    elif document.horizon.duration.amount % resolution_s:
        message = f"the planned span of {document.horizon.duration.value} is no multiple of the resolution"
        yield Fault("solver.resolution", "RESOLUTION_MISFIT", message)
    for index, asset in enumerate(document.assets):
        battery, terminal = asset.battery, asset.terminal
        if battery is not None and battery.start.amount < battery.floor.amount:
            message = f"the battery starts below its floor, {battery.floor.value}"
            yield Fault(f"assets[{index}].battery.start", "OUT_OF_RANGE", message)
        steps = [step.amount for step in terminal.rate_steps] if terminal else []
        if steps != sorted(set(steps)):
            yield Fault(f"assets[{index}].terminal.rate_steps", "OUT_OF_ORDER", "the rates must rise from step to step")


def _ephemeris(document: MissionDocument, span: Span) -> Iterator[Fault]:
    start, end = horizon_span(document)
    allowed = f"the ephemeris covers {format_time(span[0])} to {format_time(span[1])}"
    if not span[0] <= start < span[1]:
        yield Fault("horizon.start", "OUTSIDE_EPHEMERIS", f"{format_time(start)} cannot be computed; {allowed}")
    elif end > span[1]:
        yield Fault("horizon.duration", "OUTSIDE_EPHEMERIS", f"the span ends at {format_time(end)}; {allowed}")
    if document.landing is not None and not span[0] <= document.landing.time < span[1]:
        time = format_time(document.landing.time)
        yield Fault("landing.time", "OUTSIDE_EPHEMERIS", f"{time} cannot be computed; {allowed}")
