"""Rules of the margins that a mission plans with."""

from collections.abc import Iterator

from malapert_core.errors import Fault

from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.margins import DurationClass, Margins, Spread

SPREADS = ("drive_duration", "activity_duration", "array_power", "battery_capacity", "load_power", "data_rate")


def check_margins(document: MissionDocument) -> Iterator[Fault]:
    """Yield what contradicts the form of the margins, what they name that is not there, and what they leave nothing
    of."""
    margins = document.margins
    if margins is None:
        return
    if document.terrain is None:
        yield Fault("margins", "NO_TERRAIN", "margins are planned with on a terrain, which the mission has not")
    for name in SPREADS:
        yield from _spread(f"margins.{name}", getattr(margins, name))
    for index, each in enumerate(margins.activity_classes):
        yield from _class(document, f"margins.activity_classes[{index}]", each)
        first = next(i for i, other in enumerate(margins.activity_classes) if other.id == each.id)
        if first < index:
            message = f"{each.id!r} is there already as margins.activity_classes[{first}]"
            yield Fault(f"margins.activity_classes[{index}].id", "DUPLICATE_ID", message)
    yield from _nothing_left(document, margins)


def _spread(path: str, spread: Spread | None) -> Iterator[Fault]:
    if spread is not None and spread.least and spread.most and spread.least.amount > spread.most.amount:
        yield Fault(path, "OUT_OF_RANGE", f"its least, {spread.least.value}, is above its most, {spread.most.value}")


def _class(document: MissionDocument, path: str, each: DurationClass) -> Iterator[Fault]:
    yield from _spread(f"{path}.duration", each.duration)
    if not each.activity_types and not each.resources:
        yield Fault(path, "MISSING_FIELD", "name activity types or resources: the class holds nothing")
    types = {item.id for item in document.activity_types}
    resources = {name for asset in document.assets for name in asset.resources}
    resources |= {instrument.id for instrument in document.instruments}
    for name, given, known in (
        ("activity_types", each.activity_types, types),
        ("resources", each.resources, resources),
    ):
        for position, identifier in enumerate(given):
            if identifier not in known:
                kind = name.removesuffix("s")
                message = f"there is no {kind.replace('_', ' ')} {identifier!r}; known: {', '.join(sorted(known)[:20])}"
                yield Fault(f"{path}.{name}[{position}]", f"UNKNOWN_{kind.upper()}", message)


def _least(spread: Spread, sigmas: float) -> float:
    least = max(spread.mean.amount - sigmas * spread.sigma.amount, spread.least.amount if spread.least else 0.0)
    return min(least, spread.most.amount) if spread.most else least


def _nothing_left(document: MissionDocument, margins: Margins) -> Iterator[Fault]:
    """Yield margins that leave nothing of array or rates, and of battery and storage less than what must be in them."""
    sigmas = margins.sigmas.amount
    for name in ("array_power", "data_rate"):
        given = getattr(margins, name)
        if given is not None and _least(given, sigmas) <= 0.0:
            message = f"{sigmas:g} standard deviations below its mean nothing is left of it"
            yield Fault(f"margins.{name}", "OUT_OF_RANGE", message)
    cut_s = sigmas * margins.light_edge.amount if margins.light_edge else 0.0
    if cut_s > (horizon_s := document.horizon.duration.amount):
        message = f"{sigmas:g} of them are {cut_s:g} s; allowed: up to the horizon's {horizon_s:g} s"
        yield Fault("margins.light_edge", "OUT_OF_RANGE", message)
    for asset in document.assets:
        battery, storage = asset.battery, asset.storage
        spread = margins.battery_capacity
        if battery is not None and spread is not None:
            least = _least(spread, sigmas)
            if least <= battery.floor.amount:
                message = f"at {least:.3g} of its capacity the battery of {asset.id} holds no more than its floor"
                yield Fault("margins.battery_capacity", "OUT_OF_RANGE", message)
        if storage is not None and margins.storage is not None:
            left = 1.0 - margins.storage.amount
            if left <= 0.0 or storage.start.amount > left:
                message = f"the storage of {asset.id} holds {storage.start.value} of its capacity at first"
                yield Fault("margins.storage", "OUT_OF_RANGE", f"it leaves {left:.3g} of the capacity; {message}")
