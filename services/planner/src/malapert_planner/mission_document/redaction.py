"""A mission document without what its teams keep to themselves."""

import json
from typing import Any

from malapert_planner.mission_document.activities import Visibility


def redacted_document(document_json: bytes, agency_id: str) -> bytes:
    """Return a document without the owner-only requests of other agencies, nor anything that names them.

    The same bytes come back where there is nothing to leave out. Of a relation or a set, the part that names such a
    request goes; a set of which fewer than two requests are left goes whole.
    """
    document = json.loads(document_json)
    requests = document.get("requests", [])
    hidden = {request["id"] for request in requests if _is_hidden(request, agency_id)}
    if not hidden:
        return document_json
    document["requests"] = [request for request in requests if request["id"] not in hidden]
    kept: dict[str, Any] = _without(document, hidden)
    if "request_sets" in kept:
        kept["request_sets"] = [each for each in kept["request_sets"] if len(each["requests"]) > 1]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _is_hidden(request: dict[str, Any], agency_id: str) -> bool:
    return request.get("visibility") == Visibility.OWNER and request["agency"] != agency_id


def _without(value: Any, hidden: set[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _references(each, hidden) if key == "requests" else _without(each, hidden)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_without(each, hidden) for each in value if not _names(each, hidden)]
    return value


def _references(value: Any, hidden: set[str]) -> Any:
    if isinstance(value, list):
        return [_without(each, hidden) for each in value if not (isinstance(each, str) and each in hidden)]
    return value


def _names(value: Any, hidden: set[str]) -> bool:
    return isinstance(value, dict) and isinstance(value.get("request"), str) and value["request"] in hidden
