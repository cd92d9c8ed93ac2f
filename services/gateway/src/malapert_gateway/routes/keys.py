"""Keys of agencies, and who calls."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from malapert_gateway import policy
from malapert_gateway.models.key import Caller, IssuedKey, Key, KeyRole, Keys, NewKey
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import CallerIdentity, GatewayParts, only_these


class IssuingRoute(GuardedRoute):
    """A route that shows a secret once: a repeated call under its idempotency key gets the key without the secret."""

    def kept_body(self, body: bytes) -> bytes:
        """Return the body without the secret."""
        return IssuedKey.model_validate_json(body).model_copy(update={"bearer_key": ""}).model_dump_json().encode()


router = APIRouter(tags=["keys"], route_class=GuardedRoute)
issuing_router = APIRouter(tags=["keys"], route_class=IssuingRoute)

KeyId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{1,64}$", description="Identifier of the key.", examples=["5f0c1d2e3a4b5c6d"])
]


@router.get("/whoami")
async def who_am_i(identity: CallerIdentity) -> Caller:
    """Return whom the key speaks for and what it may do."""
    return Caller.of(identity, policy.allowed_actions(identity))


@issuing_router.post("/keys", status_code=201)
async def create_key(body: NewKey, identity: CallerIdentity, gateway: GatewayParts) -> IssuedKey:
    """Make a key; its secret is shown this once and kept nowhere.

    A repeated call under the same idempotency key gets the key with an empty `bearer_key`.
    """
    policy.require_agency("create_key", identity, [body.agency_id])
    key, bearer_key = await gateway.keys.issue(body.agency_id, body.role.role, body.label)
    return IssuedKey(key=Key.of(key), bearer_key=bearer_key)


@router.get("/keys")
async def list_keys(
    identity: CallerIdentity,
    gateway: GatewayParts,
    roles: Annotated[list[KeyRole] | None, only_these("keys of these roles")] = None,
    only_usable: Annotated[bool, Query(description="True leaves out keys that were revoked.", examples=[True])] = False,
) -> Keys:
    """List the keys of the caller's agency without their secrets, oldest first."""
    keys = [Key.of(key) for key in await gateway.keys.list(identity.agency_id)]
    wanted = set(roles or KeyRole)
    return Keys(keys=[key for key in keys if key.role in wanted and not (only_usable and key.revoked_time)])


@router.delete("/keys/{key_id}")
async def revoke_key(key_id: KeyId, identity: CallerIdentity, gateway: GatewayParts) -> Key:
    """Revoke a key for good; it stays in the list."""
    return Key.of(await gateway.keys.revoke(key_id, identity.agency_id))
