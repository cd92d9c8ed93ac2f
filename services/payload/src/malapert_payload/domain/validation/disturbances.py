"""Faults of disturbances that modes and steps make, or need to be absent."""

from collections.abc import Iterator, Sequence
from itertools import permutations

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue.activity_type import Step
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.instrument import Disturbance, Mode
from malapert_payload.domain.validation.identifiers import missing_kind, repeated_faults


def disturbance_faults(part: Mode | Step, path: str) -> Iterator[Fault]:
    """Yield a fault for each disturbance that has no name or is given twice."""
    listed: tuple[tuple[str, Sequence[Disturbance]], ...] = (("makes", part.makes), ("needs_quiet", part.needs_quiet))
    for name, disturbances in listed:
        for index, disturbance in enumerate(disturbances):
            if disturbance == Disturbance.UNSPECIFIED:
                yield missing_kind(f"{path}.{name}[{index}]", Disturbance)
        yield from repeated_faults([each.name for each in disturbances if each], f"{path}.{name}")


def inner_faults(step: Step, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield a fault for each two parts of one step of which one makes what the other needs quiet of."""
    parts = [("the step itself", step.makes, step.needs_quiet)]
    for use in step.instruments:
        mode = catalogue.mode(use)
        if mode is not None:
            parts.append((f"{use.instrument_id} in mode {use.mode_id}", mode.makes, mode.needs_quiet))
    for (maker, makes, _), (needing, _, needs) in permutations(parts, 2):
        if loud := sorted(set(makes) & set(needs)):
            names = ", ".join(each.name for each in loud)
            message = f"{maker} makes {names}, of which {needing} needs quiet; they cannot be in one step"
            yield Fault(path, "CONTRADICTING_STATES", message)
