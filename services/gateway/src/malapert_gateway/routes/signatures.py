"""Public keys by which an agency's signatures are known, as they are pinned on this platform."""

from malapert_gateway.services.gateway import Gateway


async def agency_keys(gateway: Gateway, agency_id: str, signature: str) -> bytes:
    """Return the JSON Web Key Set of an agency for a signature, empty where there is no signature or no key."""
    return b""
