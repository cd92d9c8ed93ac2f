"""Rules between the parts of a mission document; those of the catalogue's numbers are the payload service's."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import pairwise

from malapert_core.errors import Fault
from malapert_core.timestamps import format_time

from malapert_planner.mission_document.activities import Window
from malapert_planner.mission_document.assets import Condition, InstrumentUse
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.mission import Builtin

Span = tuple[datetime, datetime]


def check_document(document: MissionDocument, ephemeris_span: Span) -> list[Fault]:
    """Return every fault between the parts of a document that is well formed in itself."""
    checks: tuple[Callable[[MissionDocument], Iterable[Fault]], ...] = (
        _unique_identifiers,
        _known_agencies,
        _known_places,
        _waypoint_definitions,
        _known_instruments_and_types,
        _known_stations,
        _known_relations,
        _request_windows,
        _terrain,
        _launch,
        _times,
        _amounts,
    )
    faults = [fault for check in checks for fault in check(document)]
    return faults + list(_ephemeris(document, ephemeris_span))


def horizon_span(document: MissionDocument) -> Span:
    """Return the first and the last instant of the planned span."""
    start = document.horizon.start
    return start, start + timedelta(seconds=document.horizon.duration.amount)


def _unknown(path: str, kind: str, name: str, allowed: Iterable[str]) -> Fault:
    names = sorted(allowed)
    nearest = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]}? " if nearest else ""
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return Fault(
        path, f"UNKNOWN_{kind.upper()}", f"there is no {kind.lower()} {name!r}; {hint}known: {shown or 'none'}"
    )


def _duplicates(path: str, names: Sequence[str], suffix: str = ".id") -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f"{name!r} is there already as {path}[{names.index(name)}]"
            yield Fault(f"{path}[{index}]{suffix}", "DUPLICATE_ID", message)


def _unique_identifiers(document: MissionDocument) -> Iterator[Fault]:
    for name in ("agencies", "waypoints", "instruments", "activity_types", "requests"):
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
    named = [("assets[0].agency", document.asset.agency)]
    named += [(f"instruments[{i}].agency", item.agency) for i, item in enumerate(document.instruments)]
    named += [(f"requests[{i}].agency", item.agency) for i, item in enumerate(document.requests)]
    yield from (_unknown(path, "AGENCY", name, known) for path, name in named if name not in known)
    if not any(agency.reviewer for agency in document.agencies):
        yield Fault("agencies", "MISSING_REVIEWER", "no agency reviews plans; set reviewer: true on at least one")


def _known_places(document: MissionDocument) -> Iterator[Fault]:
    known = {waypoint.id for waypoint in document.waypoints}
    named = [("assets[0].start_place", document.asset.start_place)]
    named += [(f"drive_rule.dark_places[{i}]", place) for i, place in enumerate(document.drive_rule.dark_places)]
    for index, request in enumerate(document.requests):
        named += [(f"requests[{index}].places[{i}]", place) for i, place in enumerate(request.places)]
    yield from (_unknown(path, "PLACE", name, known) for path, name in named if name not in known)


def _waypoint_definitions(document: MissionDocument) -> Iterator[Fault]:
    for index, waypoint in enumerate(document.waypoints):
        given = [part for part in (waypoint.offset, waypoint.selection, waypoint.fixed) if part is not None]
        if len(given) != 1:
            message = f"exactly one of offset, selection and fixed is needed; {len(given)} are given"
            yield Fault(f"waypoints[{index}]", "INVALID_WAYPOINT", message)


def _known_instruments_and_types(document: MissionDocument) -> Iterator[Fault]:
    modes = {item.id: {mode.id for mode in item.modes} for item in document.instruments}
    resources = set(document.asset.resources) | set(modes)
    yield from _instrument_uses("drive_rule", document.drive_rule.instruments, modes)
    yield from _resources("drive_rule", document.drive_rule.resources, resources)
    for index, instrument in enumerate(document.instruments):
        yield from _asset(f"instruments[{index}].asset", instrument.asset, document)
    for index, activity_type in enumerate(document.activity_types):
        yield from _asset(f"activity_types[{index}].asset", activity_type.asset, document)
        for position, step in enumerate(activity_type.steps):
            path = f"activity_types[{index}].steps[{position}]"
            yield from _instrument_uses(path, step.instruments, modes)
            yield from _resources(path, step.resources, resources)
    known = {item.id for item in document.activity_types}
    for index, request in enumerate(document.requests):
        if request.activity_type not in known:
            yield _unknown(f"requests[{index}].activity_type", "ACTIVITY_TYPE", request.activity_type, known)


def _asset(path: str, name: str, document: MissionDocument) -> Iterator[Fault]:
    if name != document.asset.id:
        yield _unknown(path, "ASSET", name, [document.asset.id])


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


def _known_stations(document: MissionDocument) -> Iterator[Fault]:
    places: list[tuple[str, Sequence[Condition]]] = [("drive_rule", document.drive_rule.conditions)]
    for index, activity_type in enumerate(document.activity_types):
        places += [
            (f"activity_types[{index}].steps[{i}]", step.conditions) for i, step in enumerate(activity_type.steps)
        ]
    for path, conditions in places:
        for index, condition in enumerate(conditions):
            for position, name in enumerate(condition.stations):
                if name not in document.stations:
                    where = f"{path}.conditions[{index}].stations[{position}]"
                    yield _unknown(where, "STATION", name, document.stations)


def _known_relations(document: MissionDocument) -> Iterator[Fault]:
    known = {request.id for request in document.requests}
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


def _terrain(document: MissionDocument) -> Iterator[Fault]:
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
    elif scenarios[name].landing != document.landing.time:
        message = f"scenario {name!r} lands at {format_time(scenarios[name].landing)}; both must be the same"
        yield Fault("landing.time", "SCENARIO_MISMATCH", message)


def _times(document: MissionDocument) -> Iterator[Fault]:
    if document.landing.time > document.horizon.start:
        message = f"the landing comes after the planned span's start, {format_time(document.horizon.start)}"
        yield Fault("landing.time", "LANDING_AFTER_START", message)


def _amounts(document: MissionDocument) -> Iterator[Fault]:
    positive = {
        "horizon.duration": document.horizon.duration,
        "horizon.profile_step": document.horizon.profile_step,
        "solver.work_limit": document.solver.work_limit,
        "assets[0].battery.capacity": document.asset.battery.capacity,
        "assets[0].battery.charge_efficiency": document.asset.battery.charge_efficiency,
        "assets[0].storage.capacity": document.asset.storage.capacity,
    }
    for path, figure in positive.items():
        if figure.amount <= 0:
            yield Fault(path, "OUT_OF_RANGE", f"{figure.value!r} must be above 0")
    resolution_s = document.solver.resolution.amount
    if resolution_s < 1 or resolution_s != round(resolution_s):
        yield Fault("solver.resolution", "OUT_OF_RANGE", "the resolution must be a whole number of seconds, 1 or more")
    elif document.horizon.duration.amount % resolution_s:
        message = f"the planned span of {document.horizon.duration.value} is no multiple of the resolution"
        yield Fault("solver.resolution", "RESOLUTION_MISFIT", message)
    battery = document.asset.battery
    if battery.start.amount < battery.floor.amount:
        yield Fault(
            "assets[0].battery.start", "OUT_OF_RANGE", f"the battery starts below its floor, {battery.floor.value}"
        )
    steps = [step.amount for step in document.asset.terminal.rate_steps]
    if steps != sorted(set(steps)):
        yield Fault("assets[0].terminal.rate_steps", "OUT_OF_ORDER", "the rates must rise from step to step")


def _ephemeris(document: MissionDocument, span: Span) -> Iterator[Fault]:
    start, end = horizon_span(document)
    allowed = f"the ephemeris covers {format_time(span[0])} to {format_time(span[1])}"
    if not span[0] <= start < span[1]:
        yield Fault("horizon.start", "OUTSIDE_EPHEMERIS", f"{format_time(start)} cannot be computed; {allowed}")
    elif end > span[1]:
        yield Fault("horizon.duration", "OUTSIDE_EPHEMERIS", f"the span ends at {format_time(end)}; {allowed}")
    if not span[0] <= document.landing.time < span[1]:
        time = format_time(document.landing.time)
        yield Fault("landing.time", "OUTSIDE_EPHEMERIS", f"{time} cannot be computed; {allowed}")
