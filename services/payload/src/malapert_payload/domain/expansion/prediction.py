"""Prediction of the steps, durations and resource use of a request before it is planned."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from malapert_core.vocabulary.figure import DOUBTFUL
from malapert_core.vocabulary.interval import Interval

from malapert_payload.domain.catalogue.activity_type import ActivityType
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.figures import figures_of
from malapert_payload.domain.expansion.expansion import campaign_places, wanted_count
from malapert_payload.domain.expansion.modes import variants
from malapert_payload.domain.expansion.sequence import NumberedStep, numbered_steps
from malapert_payload.domain.requests.request import ActivityRequest

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """Prediction of one repetition of a request in one of its modes, with the places and times that it allows."""

    request_id: str
    steps: tuple[NumberedStep, ...]
    repetition_count: int
    place_ids: tuple[str, ...]
    windows: tuple[Interval, ...]
    notes: tuple[str, ...]
    mode_id: str = ""
    share: float = 1.0

    @property
    def duration_s(self) -> float:
        """Duration without waits, seconds."""
        return sum(step.duration_s for step in self.steps)

    @property
    def energy_wh(self) -> float:
        """Energy above the asset's base load, Wh: the sum of power times duration."""
        return sum(step.power_w * step.duration_s for step in self.steps) / _SECONDS_PER_HOUR

    @property
    def data_bit(self) -> float:
        """Data, bits."""
        return sum(step.data_bit for step in self.steps)


def predict(request: ActivityRequest, catalogue: Catalogue) -> tuple[Prediction, ...]:
    """Return what a valid request would take in each of its modes."""
    kind = catalogue.activity_type(request.activity_type_id, request.activity_type_version)
    if kind is None:
        raise LookupError(f"request {request.request_id} has no activity type")
    places = campaign_places(request.campaign, catalogue) if request.campaign else request.place_ids
    windows = tuple(sorted(request.windows, key=lambda window: window.start_time))
    return tuple(
        Prediction(
            request_id=request.request_id,
            steps=tuple(numbered_steps(kind, variant.settled(kind), catalogue)),
            repetition_count=wanted_count(request, catalogue),
            place_ids=places,
            windows=windows or (catalogue.horizon,),
            notes=tuple(_notes(kind, catalogue)),
            mode_id=variant.mode_id,
            share=variant.share,
        )
        for variant in variants(request, kind)
    )


def _notes(kind: ActivityType, catalogue: Catalogue) -> Iterator[str]:
    parts: list[tuple[str, tuple[Any, ...]]] = [(kind.activity_type_id, kind.steps)]
    for use in dict.fromkeys(kind.uses()):
        mode = catalogue.mode(use)
        if mode is not None:
            parts.append((f"{use.instrument_id} in mode {use.mode_id}", (mode,)))
    for name, items in parts:
        doubtful = [figure for item in items for figure, _, _ in figures_of(item, "") if figure.confidence in DOUBTFUL]
        if doubtful:
            levels = ", ".join(sorted({figure.confidence.name.lower() for figure in doubtful}))
            yield f"{len(doubtful)} figures of {name} are doubtful ({levels})"
