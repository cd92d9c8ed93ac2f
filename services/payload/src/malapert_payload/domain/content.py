"""Content hashes: the same content gives the same hash, whatever the order in which it was listed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime

from malapert_payload.domain.catalogue import Catalogue
from malapert_payload.domain.request import ActivityRequest


def content_hash(catalogue: Catalogue, requests: Iterable[ActivityRequest]) -> str:
    """Return the sha256 of a catalogue and of what requests ask for, without mission version and request states."""
    content = {
        "catalogue": asdict(_in_order(catalogue)),
        "requests": [asdict(request.definition()) for request in sorted(requests, key=lambda r: r.request_id)],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_utc_text)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _in_order(catalogue: Catalogue) -> Catalogue:
    return replace(
        catalogue,
        mission_version=0,
        agency_ids=tuple(sorted(catalogue.agency_ids)),
        asset_ids=tuple(sorted(catalogue.asset_ids)),
        place_ids=tuple(sorted(catalogue.place_ids)),
        station_ids=tuple(sorted(catalogue.station_ids)),
        resource_ids=tuple(sorted(catalogue.resource_ids)),
        instruments=tuple(sorted(catalogue.instruments, key=lambda i: i.instrument_id)),
        activity_types=tuple(sorted(catalogue.activity_types, key=lambda t: t.activity_type_id)),
    )


def _utc_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"a {type(value).__name__} has no canonical text")
