"""Rules of the nights of a mission."""

from collections.abc import Iterator

from malapert_core.errors import Fault

from malapert_planner.mission_document.assets import AssetKind
from malapert_planner.mission_document.document import MissionDocument


def check_nights(document: MissionDocument) -> Iterator[Fault]:
    """Yield what the rule of nights lacks, or asks for in vain, and what contradicts itself of an asset's heat."""
    yield from _heat(document)
    rule = document.night_rule
    if rule is None:
        return
    if document.terrain is None:
        message = "light and Earth over time are those of places on a terrain, which the mission has not"
        yield Fault("night_rule", "NO_TERRAIN", message)
    if rule.max_without_earth is None and rule.max_dark is None:
        yield Fault("night_rule", "MISSING_FIELD", "state max_without_earth with havens, or max_dark, or both")
    if rule.max_without_earth is not None and not rule.havens:
        message = "name a place at least at which the rover may be while the Earth is out of view for longer"
        yield Fault("night_rule.havens", "MISSING_FIELD", message)
    if rule.havens and rule.max_without_earth is None:
        message = "say after how long without the Earth a haven is needed: havens are of no use without it"
        yield Fault("night_rule.max_without_earth", "MISSING_FIELD", message)
    for index, place_id in enumerate(rule.havens):
        if place_id in rule.havens[:index]:
            first = rule.havens.index(place_id)
            message = f"{place_id!r} is there already as night_rule.havens[{first}]"
            yield Fault(f"night_rule.havens[{index}]", "DUPLICATE_ID", message)


def _heat(document: MissionDocument) -> Iterator[Fault]:
    for index, asset in enumerate(document.assets):
        thermal, path = asset.thermal, f"assets[{index}].thermal"
        if thermal is None:
            continue
        if document.terrain is None or asset.kind is not AssetKind.ROVER:
            yield Fault(path, "WRONG_KIND", "heaters are reckoned with for a rover on a terrain alone")
        order = (thermal.dark_temperature, thermal.least_temperature, thermal.lit_temperature)
        if not order[0].amount < order[1].amount <= order[2].amount:
            told = f"{order[0].value} < {order[1].value} <= {order[2].value}"
            message = f"it cools from lit_temperature to least_temperature towards dark_temperature; {told} is not so"
            yield Fault(path, "OUT_OF_RANGE", message)
