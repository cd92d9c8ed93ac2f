"""The faults of a catalogue: mission scope, instruments, activity types."""

from collections.abc import Iterator

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.validation.activity_types import activity_type_faults
from malapert_payload.domain.validation.figures import figure_faults, part_figures_faults, share_faults
from malapert_payload.domain.validation.identifiers import (
    identifier_faults,
    repeated_faults,
    tag_faults,
    text_faults,
    unknown_faults,
)
from malapert_payload.domain.validation.instruments import instrument_faults
from malapert_payload.domain.validation.resources import resource_faults

_SHARES_TOLERANCE = 1e-9
_SHARES_OF_SCIENCE = ("further_stop_factor", "albedo", "emissivity", "scattered_share")
_NEEDED_OF_ICE = ("albedo", "emissivity", "interior_flux_w_m2", "scattered_share", "even_loss_kg_m2", "ice_gain")


def catalogue_faults(catalogue: Catalogue) -> Iterator[Fault]:
    """Yield every fault of a catalogue, with paths into the import."""
    yield from _scope_faults(catalogue)
    yield from _place_set_faults(catalogue)
    yield from _request_set_faults(catalogue)
    yield from _share_faults(catalogue)
    yield from _science_faults(catalogue)
    yield from resource_faults(catalogue.resources, "resources", catalogue)
    yield from identifier_faults([i.instrument_id for i in catalogue.instruments], "instruments", "instrument_id")
    for index, instrument in enumerate(catalogue.instruments):
        yield from instrument_faults(instrument, f"instruments[{index}]", catalogue)
    type_ids = [kind.activity_type_id for kind in catalogue.activity_types]
    yield from identifier_faults(type_ids, "activity_types", "activity_type_id")
    for index, kind in enumerate(catalogue.activity_types):
        yield from activity_type_faults(kind, f"activity_types[{index}]", catalogue)


def _scope_faults(catalogue: Catalogue) -> Iterator[Fault]:
    if not catalogue.mission_id:
        yield Fault("mission_id", "MISSING_MISSION", "name the mission")
    if catalogue.mission_version == 0:
        yield Fault("mission_version", "MISSING_VERSION", "state the mission's version; allowed: 1 or more")
    names = ("agency_ids", "asset_ids", "place_ids", "station_ids", "resource_ids", "calendar_ids", "orbiter_ids")
    for field in names:
        yield from identifier_faults(getattr(catalogue, field), field)
    for index, resource_id in enumerate(catalogue.mobility_resource_ids):
        where = f"mobility_resource_ids[{index}]"
        yield from unknown_faults(resource_id, catalogue.known_resource_ids, where, "resource")
    if catalogue.horizon.duration_s <= 0:
        yield Fault("horizon", "EMPTY_HORIZON", "the horizon must end after it starts")


def _place_set_faults(catalogue: Catalogue) -> Iterator[Fault]:
    sets = catalogue.place_sets
    yield from identifier_faults([places.place_set_id for places in sets], "place_sets", "place_set_id")
    for index, places in enumerate(sets):
        path = f"place_sets[{index}].place_ids"
        if not places.place_ids:
            yield Fault(path, "EMPTY_SET", "name one place at least")
        for position, place_id in enumerate(places.place_ids):
            yield from unknown_faults(place_id, catalogue.known_place_ids, f"{path}[{position}]", "place")
        yield from repeated_faults(places.place_ids, path)


def _request_set_faults(catalogue: Catalogue) -> Iterator[Fault]:
    sets, seen = catalogue.request_sets, dict[str, int]()
    yield from identifier_faults([group.request_set_id for group in sets], "request_sets", "request_set_id")
    for index, group in enumerate(sets):
        path = f"request_sets[{index}]"
        yield from text_faults(group.title, f"{path}.title")
        if not group.title.strip():
            yield Fault(f"{path}.title", "EMPTY_TEXT", "give the set a title for a person")
        yield from repeated_faults(group.request_ids, f"{path}.request_ids")
        if not 1 <= group.count < len(group.request_ids):
            most = max(1, len(group.request_ids) - 1)
            message = f"{group.count} of {len(group.request_ids)} requests is no choice; allowed: 1 to {most}"
            yield Fault(f"{path}.count", "OUT_OF_RANGE", message)
        for position, request_id in enumerate(group.request_ids):
            if seen.setdefault(request_id, index) != index:
                message = f"{request_id!r} is in request_sets[{seen[request_id]}]; a request is in one set at most"
                yield Fault(f"{path}.request_ids[{position}]", "DUPLICATE_ID", message)


def _share_faults(catalogue: Catalogue) -> Iterator[Fault]:
    total = 0.0
    for index, share in enumerate(catalogue.agency_shares):
        path = f"agency_shares[{index}]"
        yield from unknown_faults(share.agency_id, catalogue.known_agency_ids, f"{path}.agency_id", "agency")
        if share.share is None:
            yield Fault(f"{path}.share", "MISSING_FIGURE", "state value, unit (1), source and confidence")
            continue
        yield from figure_faults(share.share, f"{path}.share", "1")
        yield from share_faults(share.share, f"{path}.share")
        total += share.share.value
    yield from repeated_faults([share.agency_id for share in catalogue.agency_shares], "agency_shares")
    if total > 1 + _SHARES_TOLERANCE:
        yield Fault("agency_shares", "OUT_OF_RANGE", f"the shares add up to {total:g}; allowed: 1 at most")


def _science_faults(catalogue: Catalogue) -> Iterator[Fault]:
    model = catalogue.science
    if model is None:
        return
    yield from part_figures_faults(model, "science")
    for name in _SHARES_OF_SCIENCE:
        yield from share_faults(getattr(model, name), f"science.{name}")
    for name in ("stop_tags", "ice_tags"):
        yield from tag_faults(getattr(model, name), f"science.{name}")
    for name in _NEEDED_OF_ICE:
        figure = getattr(model, name)
        if model.ice_tags and figure is None:
            message = "the ice proxy needs it; state value, unit, source and confidence"
            yield Fault(f"science.{name}", "MISSING_FIGURE", message)
        elif figure is not None and figure.value == 0 and name in ("emissivity", "even_loss_kg_m2"):
            yield Fault(f"science.{name}.value", "OUT_OF_RANGE", "it must be above 0")
