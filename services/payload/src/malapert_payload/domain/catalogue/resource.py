"""Resources that activities use besides time: held, consumed or produced."""

from dataclasses import dataclass
from enum import IntEnum

from malapert_core.vocabulary.figure import Figure

from malapert_payload.domain.catalogue.figures import figure


class ResourceKind(IntEnum):
    """Kind of a resource."""

    UNSPECIFIED = 0
    UNARY = 1
    CUMULATIVE = 2
    CONSUMABLE = 3
    RESERVOIR = 4


class ResourceEffect(IntEnum):
    """Effect of an activity on a resource."""

    UNSPECIFIED = 0
    HOLD = 1
    CONSUME = 2
    PRODUCE = 3


EFFECTS = {
    ResourceKind.CUMULATIVE: frozenset({ResourceEffect.HOLD}),
    ResourceKind.CONSUMABLE: frozenset({ResourceEffect.CONSUME}),
    ResourceKind.RESERVOIR: frozenset({ResourceEffect.CONSUME, ResourceEffect.PRODUCE}),
}
"""Permitted effects on a resource, by its kind; kinds without an amount have none."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource; capacity and start are in a unit of its own, the start of a reservoir at nothing where unset."""

    resource_id: str
    title: str
    kind: ResourceKind
    capacity: Figure | None = figure(None)
    start: Figure | None = figure(None)

    @property
    def unit(self) -> str:
        """The unit of every amount of it."""
        return "" if self.capacity is None else self.capacity.unit


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """An amount of a resource, in a unit of the resource's dimension, or a share of what the step's link gives."""

    resource_id: str
    effect: ResourceEffect
    amount: Figure | None = figure(None)
    link_share: Figure | None = figure("1")
