"""Keys of agencies, and who calls."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import check_range, utc_now

from malapert_gateway import policy
from malapert_gateway.domain.api_key import KeyScope
from malapert_gateway.models.key import (
    Caller,
    IssuedKey,
    Key,
    KeyExpiry,
    KeyRole,
    KeyRotation,
    Keys,
    LimitedCaller,
    NewKey,
    UsedLimit,
)
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import CallerIdentity, GatewayParts, only_these
from malapert_gateway.services.key_service import KeyWish


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
async def who_am_i(identity: CallerIdentity, gateway: GatewayParts) -> LimitedCaller:
    """Return whom the key speaks for, what it may do, until when, and its limits with what is used of them."""
    key = await gateway.keys.own(identity)
    caller = Caller.of(key, policy.allowed_actions(identity, key.scope.actions))
    by_service = await gateway.limits.of(identity)
    return LimitedCaller(
        **dict(caller),
        limits=[UsedLimit.of(service, use) for service, uses in by_service.items() for use in uses or ()],
        limits_unknown_at=[service for service, uses in by_service.items() if uses is None],
    )


@issuing_router.post("/keys", status_code=201)
async def create_key(body: NewKey, identity: CallerIdentity, gateway: GatewayParts) -> IssuedKey:
    """Make a key of the caller's agency; its secret is shown this once and kept nowhere. A person's has none.

    A repeated call under the same idempotency key gets the key with an empty `bearer_key`.
    """
    policy.require_agency("create_key", identity, [body.agency_id or identity.agency_id])
    faults = [*policy.scope_faults(body.role.role, body.actions), *_time_faults(body.expire_time)]
    if faults:
        raise InvalidInputError("INVALID_REQUEST", "the key cannot be made so", faults=faults)
    scope = KeyScope(frozenset(body.mission_ids), frozenset(body.actions))
    wish = KeyWish(body.role.role, body.label, scope, body.expire_time, body.subject)
    key, bearer_key = await gateway.keys.issue(identity, wish)
    return IssuedKey(key=Key.of(key), bearer_key=bearer_key)


@router.get("/keys")
async def list_keys(
    identity: CallerIdentity,
    gateway: GatewayParts,
    roles: Annotated[list[KeyRole] | None, only_these("keys of these roles")] = None,
    only_usable: Annotated[
        bool, Query(description="True leaves out keys that were revoked or have expired.", examples=[True])
    ] = False,
) -> Keys:
    """List the keys of the caller's agency without their secrets, oldest first: an ADMINISTRATOR's, or PLATFORM's."""
    now, wanted = utc_now(), {role.role for role in roles or KeyRole}
    found = [key for key in await gateway.keys.list(identity) if key.role in wanted]
    return Keys(keys=[Key.of(key) for key in found if key.is_usable(now) or not only_usable])


@issuing_router.post("/keys/{key_id}:rotate", status_code=201)
async def rotate_key(
    key_id: KeyId, identity: CallerIdentity, gateway: GatewayParts, body: KeyRotation | None = None
) -> IssuedKey:
    """Make the successor of a key, with a secret of its own that is shown this once; both work for the overlap."""
    overlap = timedelta(seconds=(body or KeyRotation()).overlap_s)
    key, bearer_key = await gateway.keys.rotate(identity, key_id, overlap)
    return IssuedKey(key=Key.of(key), bearer_key=bearer_key)


@router.post("/keys/{key_id}:expire")
async def expire_key(key_id: KeyId, body: KeyExpiry, identity: CallerIdentity, gateway: GatewayParts) -> Key:
    """Let a key end at an instant, earlier than it was to end."""
    if faults := _time_faults(body.expire_time):
        raise InvalidInputError("INVALID_REQUEST", "the key cannot end then", faults=faults)
    return Key.of(await gateway.keys.expire(identity, key_id, body.expire_time))


@router.delete("/keys/{key_id}")
async def revoke_key(key_id: KeyId, identity: CallerIdentity, gateway: GatewayParts) -> Key:
    """Revoke a key for good; it stays in the list, and its open streams end within seconds."""
    return Key.of(await gateway.keys.revoke(identity, key_id))


def _time_faults(expire_time: datetime | None) -> list[Fault]:
    if expire_time is None:
        return []
    try:
        check_range(expire_time)
    except InvalidInputError as error:
        return [Fault("expire_time", error.reason, error.message)]
    return [] if expire_time > utc_now() else [Fault("expire_time", "PAST", "an instant to come is allowed")]
