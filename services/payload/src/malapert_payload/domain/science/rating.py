"""Value of requests at places, term by term."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from malapert_core.vocabulary.figure import DOUBTFUL

from malapert_payload.domain.catalogue.activity_type import ActivityType
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.figures import figures_of, value_of
from malapert_payload.domain.expansion.expansion import campaign_places, wanted_count
from malapert_payload.domain.requests.lifecycle import PLANNABLE_STATES
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.domain.science.science import IceProxy, PlaceLight, ScienceModel, ice_proxy


@dataclass(frozen=True, slots=True)
class ValueTerm:
    """A factor of a value, or its points, and how it came about."""

    name: str
    factor: float
    explanation: str


@dataclass(frozen=True, slots=True)
class RatedValue:
    """Value of a request at a place, the product of its terms."""

    request_id: str
    place_id: str
    terms: tuple[ValueTerm, ...]

    @property
    def value(self) -> float:
        """Points."""
        product = 1.0
        for term in self.terms:
            product *= term.factor
        return product


@dataclass(frozen=True, slots=True)
class MarginalStop:
    """Value of a further stop of a tag."""

    tag: str
    stop_count: int
    next_factor: float
    explanation: str


@dataclass(frozen=True, slots=True)
class Rating:
    """The worth of a mission's requests."""

    values: tuple[RatedValue, ...]
    ice: tuple[IceProxy, ...]
    stops: tuple[MarginalStop, ...]
    notes: tuple[str, ...]


def rate(catalogue: Catalogue, requests: Sequence[ActivityRequest], places: Iterable[PlaceLight]) -> Rating:
    """Return what each live request of a mission is worth at each place that would do."""
    model = catalogue.science
    lights = {light.place_id: light for light in places if light.place_id in catalogue.place_ids}
    ice = {} if model is None else {place_id: ice_proxy(model, light) for place_id, light in lights.items()}
    stops = {stop.tag: stop for stop in marginal_stops(catalogue, requests)}
    live = [request for request in requests if request.state in PLANNABLE_STATES]
    return Rating(
        values=tuple(
            value
            for request in sorted(live, key=lambda request: request.request_id)
            for value in _values(request, catalogue, ice, stops)
        ),
        ice=tuple(ice[place_id] for place_id in sorted(ice)),
        stops=tuple(stops[tag] for tag in sorted(stops)),
        notes=tuple(_notes(model)),
    )


def ice_factor(catalogue: Catalogue, request: ActivityRequest, ice: Mapping[str, IceProxy]) -> float:
    """Return the mean factor of ice over a request's places, for planning; 1 where ice does not matter."""
    model, tags = catalogue.science, tags_of(request, catalogue)
    places = [place_id for place_id in _places(request, catalogue) if place_id in ice]
    if model is None or not tags.intersection(model.ice_tags) or not places:
        return 1.0
    return sum(_ice_term(model, ice[place_id]).factor for place_id in places) / len(places)


def marginal_stops(catalogue: Catalogue, requests: Iterable[ActivityRequest]) -> Iterator[MarginalStop]:
    """Yield, for each tag of stops, what another one would bring."""
    model = catalogue.science
    if model is None:
        return
    counts = dict.fromkeys(model.stop_tags, 0)
    for request in requests:
        standing = request.standing
        count = standing.slots + len(standing.done) + len(set(standing.under_way) - set(standing.done))
        for tag in tags_of(request, catalogue).intersection(counts):
            counts[tag] += min(count, wanted_count(request, catalogue))
    step = value_of(model.further_stop_factor) if model.further_stop_factor else 1.0
    for tag, count in counts.items():
        text = f"{count} {tag} stops are planned or done, and each further one is worth {step:g} of the one before"
        yield MarginalStop(tag, count, step**count, text)


def tags_of(request: ActivityRequest, catalogue: Catalogue) -> set[str]:
    """Return a request's tags and those of its activity type."""
    kind = _kind(request, catalogue)
    return {*request.tags, *(kind.tags if kind else ())}


def _kind(request: ActivityRequest, catalogue: Catalogue) -> ActivityType | None:
    return catalogue.activity_type(request.activity_type_id, request.activity_type_version)


def _places(request: ActivityRequest, catalogue: Catalogue) -> tuple[str, ...]:
    if request.campaign is not None:
        return campaign_places(request.campaign, catalogue)
    return request.place_ids or catalogue.place_ids


def _values(
    request: ActivityRequest, catalogue: Catalogue, ice: Mapping[str, IceProxy], stops: Mapping[str, MarginalStop]
) -> Iterator[RatedValue]:
    model, tags = catalogue.science, tags_of(request, catalogue)
    count = wanted_count(request, catalogue)
    parts = "" if count == 1 else f", over {count} repetitions or places"
    terms = [ValueTerm("request", request.value, f"{request.agency_id} asks it for {request.value:g} points{parts}")]
    terms += [
        ValueTerm("further stop", stops[tag].next_factor, stops[tag].explanation) for tag in sorted(tags & set(stops))
    ]
    rated = [place_id for place_id in _places(request, catalogue) if place_id in ice]
    if model is None or not tags.intersection(model.ice_tags) or not rated:
        yield RatedValue(request.request_id, "", tuple(terms))
        return
    for place_id in rated:
        yield RatedValue(request.request_id, place_id, (*terms, _ice_term(model, ice[place_id])))


def _ice_term(model: ScienceModel, proxy: IceProxy) -> ValueTerm:
    factor = 1.0 + value_of(model.ice_gain) * proxy.proxy
    return ValueTerm("ice", factor, f"ice proxy {proxy.proxy:.2f} at {proxy.place_id}: {proxy.explanation}")


def _notes(model: ScienceModel | None) -> Iterator[str]:
    if model is None:
        yield "the mission has no science model: a request is worth what it says"
        return
    yield "the ice proxy follows light by way of the mean temperature; it is no measurement"
    for figure, _, path in figures_of(model, "science"):
        if figure.confidence in DOUBTFUL:
            yield f"{path} is {figure.value:g} {figure.unit} ({figure.confidence.name.lower()}): {figure.source}"
