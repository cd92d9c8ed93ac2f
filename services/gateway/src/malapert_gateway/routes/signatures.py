"""Public keys by which an agency's signatures are known, as they are pinned on this platform."""

import json

from malapert_core.errors import NotFoundError

from malapert_gateway.services.gateway import Gateway


async def agency_keys(gateway: Gateway, agency_id: str, signature: str) -> bytes:
    """Return the JSON Web Key Set of an agency for a signature, empty where there is no signature or no key."""
    if not signature:
        return b""
    try:
        keys = (await gateway.agencies.get(agency_id)).key_set
    except NotFoundError:
        return b""
    return json.dumps({"keys": list(keys)}).encode() if keys else b""
