"""Content hashes: the same content gives the same hash, whatever the order in which it was listed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from malapert_payload.domain.catalogue.activity_type import ActivityType
from malapert_payload.domain.catalogue.catalogue import Catalogue, by_identifier
from malapert_payload.domain.catalogue.instrument import Instrument
from malapert_payload.domain.requests.request import ActivityRequest


def content_hash(catalogue: Catalogue, requests: Iterable[ActivityRequest]) -> str:
    """Return the sha256 of a catalogue and of what requests ask for, without mission version and request states."""
    content = {
        "catalogue": _stated(asdict(_in_order(catalogue))),
        "requests": [_stated(asdict(request.definition())) for request in sorted(requests, key=lambda r: r.request_id)],
    }
    return _hash_of(content)


def item_hash(item: Instrument | ActivityType) -> str:
    """Return the sha256 of an instrument or activity type, without its version."""
    return _hash_of(_stated(asdict(replace(item, version=0))))


def request_hash(request: ActivityRequest) -> str:
    """Return the sha256 of what a request asks for, without where it stands."""
    return _hash_of(_stated(asdict(request.definition())))


def _hash_of(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_utc_text)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _stated(content: Any) -> Any:
    """Return what a content states: what is not set says nothing, so that a later field changes no earlier hash."""
    if isinstance(content, dict):
        said = {key: _stated(value) for key, value in content.items()}
        return {key: value for key, value in said.items() if value not in (None, "", 0, False, [])}
    return [_stated(value) for value in content] if isinstance(content, list | tuple) else content


def _in_order(catalogue: Catalogue) -> Catalogue:
    return replace(
        catalogue,
        mission_version=0,
        earlier_instruments=(),
        earlier_activity_types=(),
        agency_ids=tuple(sorted(catalogue.agency_ids)),
        asset_ids=tuple(sorted(catalogue.asset_ids)),
        place_ids=tuple(sorted(catalogue.place_ids)),
        station_ids=tuple(sorted(catalogue.station_ids)),
        resource_ids=tuple(sorted(catalogue.resource_ids)),
        instruments=tuple(replace(i, version=0) for i in by_identifier(catalogue.instruments)),
        activity_types=tuple(replace(t, version=0) for t in by_identifier(catalogue.activity_types)),
    )


def _utc_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"a {type(value).__name__} has no canonical text")
