"""Resources and their uses: known, of the right kind, in a unit of the resource's dimension."""

from collections.abc import Iterator, Sequence

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.resource import EFFECTS, Resource, ResourceEffect, ResourceKind, ResourceUse
from malapert_payload.domain.validation.figures import (
    figure_faults,
    missing_faults,
    order_faults,
    share_faults,
    unit_faults,
)
from malapert_payload.domain.validation.identifiers import (
    identifier_faults,
    missing_kind,
    text_faults,
    unknown_faults,
)


def resource_faults(resources: Sequence[Resource], path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield the faults of resources that are not unary."""
    yield from identifier_faults([resource.resource_id for resource in resources], path, "resource_id")
    for index, resource in enumerate(resources):
        where = f"{path}[{index}]"
        yield from text_faults(resource.title, f"{where}.title")
        if resource.resource_id in catalogue.known_resource_ids or resource.resource_id in catalogue.instruments_by_id:
            message = f"{resource.resource_id!r} is a unary resource too; name them apart"
            yield Fault(f"{where}.resource_id", "AMBIGUOUS_RESOURCE", message)
        if catalogue.amounts_by_id.get(resource.resource_id, resource) != resource:
            message = f"{resource.resource_id!r} is a resource of another part of the mission too; name them apart"
            yield Fault(f"{where}.resource_id", "DUPLICATE_ID", message)
        if resource.kind == ResourceKind.UNSPECIFIED:
            yield missing_kind(f"{where}.kind", ResourceKind)
        elif resource.kind == ResourceKind.UNARY:
            yield Fault(f"{where}.kind", "WRONG_KIND", "list unary resources in resource_ids; this list has amounts")
        yield from missing_faults(resource.capacity, f"{where}.capacity", "a unit of its own")
        for name, figure in (("capacity", resource.capacity), ("start", resource.start)):
            if figure is not None:
                yield from figure_faults(figure, f"{where}.{name}", resource.unit)
        if resource.start is not None:
            if resource.kind != ResourceKind.RESERVOIR:
                yield Fault(f"{where}.start", "WRONG_KIND", "only a RESERVOIR has a start; leave it out")
            yield from order_faults(resource.start, resource.capacity, f"{where}.start", resource.unit)


def use_faults(uses: Sequence[ResourceUse], path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield the faults of uses of resources."""
    for index, use in enumerate(uses):
        where = f"{path}[{index}]"
        yield from unknown_faults(use.resource_id, catalogue.amounts_by_id, f"{where}.resource_id", "resource")
        resource = catalogue.amounts_by_id.get(use.resource_id)
        unit = resource.unit if resource else "1"
        if use.link_share is None:
            yield from missing_faults(use.amount, f"{where}.amount", unit)
        else:
            yield from _link_faults(use, where, unit)
        if use.effect == ResourceEffect.UNSPECIFIED:
            yield missing_kind(f"{where}.effect", ResourceEffect)
        if resource is None:
            continue
        if use.amount is not None:
            yield from figure_faults(use.amount, f"{where}.amount", unit)
        allowed = EFFECTS.get(resource.kind, frozenset())
        if use.effect and allowed and use.effect not in allowed:
            names = ", ".join(sorted(effect.name for effect in allowed))
            message = f"a {resource.kind.name} resource cannot be {use.effect.name}D; allowed: {names}"
            yield Fault(f"{where}.effect", "WRONG_EFFECT", message)


def _link_faults(use: ResourceUse, path: str, unit: str) -> Iterator[Fault]:
    """Yield the faults of a use that is a share of what a link gives."""
    if use.link_share is None:
        return
    yield from figure_faults(use.link_share, f"{path}.link_share", "1")
    yield from share_faults(use.link_share, f"{path}.link_share")
    if use.amount is not None:
        yield Fault(f"{path}.amount", "CONTRADICTION", "give an amount or a share of a link, one of the two")
    if any(unit_faults("bit", "", unit)):
        message = f"what a link gives is in bits, the resource in {unit or '1'}; give an amount"
        yield Fault(f"{path}.link_share", "WRONG_UNIT", message)
