"""The faults of campaigns and of values that fall."""

import math
from collections.abc import Iterator

from malapert_core.errors import Fault
from malapert_core.vocabulary.interval import Interval

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.expansion import campaign_count, campaign_places
from malapert_payload.domain.expansion.value import MAX_VALUE_STEPS, step_count
from malapert_payload.domain.requests.request import ActivityRequest, Campaign, ValueDecay
from malapert_payload.domain.validation.figures import number_faults
from malapert_payload.domain.validation.identifiers import repeated_faults, unknown_faults


def campaign_faults(request: ActivityRequest, campaign: Campaign, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield the faults of a campaign."""
    for index, place_id in enumerate(campaign.place_ids):
        yield from unknown_faults(place_id, catalogue.known_place_ids, f"{path}.place_ids[{index}]", "place")
    yield from repeated_faults(campaign.place_ids, f"{path}.place_ids")
    if campaign.place_set_id:
        sets = catalogue.place_sets_by_id
        yield from unknown_faults(campaign.place_set_id, sets, f"{path}.place_set_id", "place set")
    if request.repetition is not None:
        yield Fault(path, "CAMPAIGN_REPEATED", "a request is repeated or has a campaign, not both; give two requests")
    if request.place_ids:
        yield Fault(f"{path}.place_ids", "CONTRADICTING_PLACES", "list the places in the campaign alone")
    places = campaign_places(campaign, catalogue)
    if not places:
        yield Fault(f"{path}.place_ids", "NO_PLACES", "name places, or a place set")
    shared = list(number_faults(campaign.share, f"{path}.share"))
    yield from shared
    if (campaign.count > 0) == (campaign.share > 0) and not shared:
        yield Fault(f"{path}.count", "COUNT_OR_SHARE", "give a count of places, or a share of them; one of the two")
    if campaign.share > 1:
        yield Fault(f"{path}.share", "OUT_OF_RANGE", f"{campaign.share:g} is no share; allowed: above 0, to 1")
    if request.mandatory and places and campaign_count(campaign, catalogue) < len(places):
        message = "what is mandatory is wanted at every place; give the count of all of them, or make it optional"
        yield Fault(path, "MANDATORY_CHOICE", message)
    if campaign.count > len(places) > 0:
        message = f"{campaign.count} of {len(places)} places cannot be had; allowed: 1 to {len(places)}"
        yield Fault(f"{path}.count", "OUT_OF_RANGE", message)


def decay_faults(request: ActivityRequest, decay: ValueDecay, path: str, horizon: Interval) -> Iterator[Fault]:
    """Yield the faults of a value that falls."""
    numbers = [
        fault
        for name in ("every_s", "factor", "least_share", "repetition_factor")
        for fault in number_faults(getattr(decay, name), f"{path}.{name}")
    ]
    yield from numbers
    if numbers:
        return
    for name in ("least_share", "repetition_factor"):
        if getattr(decay, name) > 1:
            yield Fault(f"{path}.{name}", "OUT_OF_RANGE", f"{getattr(decay, name):g} is no share; allowed: 0 to 1")
    if decay.repetition_factor and request.campaign is not None:
        message = "the places of a campaign have no order, so they are worth the same; leave it out"
        yield Fault(f"{path}.repetition_factor", "DECAY_OF_CAMPAIGN", message)
    if decay.every_s and request.repetition is not None:
        message = "the value of a repeated request falls from one repetition to the next; use repetition_factor"
        yield Fault(f"{path}.every_s", "DECAY_OF_REPETITION", message)
    if decay.every_s and request.campaign is not None:
        yield Fault(
            f"{path}.every_s", "DECAY_OF_CAMPAIGN", "the value of a campaign does not fall; give single requests"
        )
    if not decay.every_s:
        if not decay.repetition_factor:
            yield Fault(path, "NO_DECAY", "say how the value falls: every_s with factor, or repetition_factor")
        return
    if not 0 < decay.factor < 1:
        yield Fault(f"{path}.factor", "OUT_OF_RANGE", f"{decay.factor:g} is no factor; allowed: above 0, below 1")
        return
    windows = [window for window in request.windows if window.duration_s > 0] or [horizon]
    from_time = decay.from_time or min(window.start_time for window in windows)
    end_time = max(window.end_time for window in windows)
    if from_time >= end_time:
        yield Fault(f"{path}.from_time", "OUTSIDE_WINDOWS", "the value must begin to fall before the windows end")
        return
    steps = step_count(decay.factor, min(decay.least_share, 1.0), from_time, end_time, decay.every_s)
    if steps > MAX_VALUE_STEPS or not math.isfinite(steps):
        message = f"the value falls {steps} times within the windows; allowed: {MAX_VALUE_STEPS} times at most"
        yield Fault(f"{path}.every_s", "TOO_MANY_STEPS", message)
