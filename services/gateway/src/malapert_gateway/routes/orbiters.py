"""Orbiters, and the keys that agencies share over their links."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from malapert.comms_window.v1 import key_pb2, orbiter_pb2
from malapert.type.v1 import type_pb2
from malapert_core.vocabulary.identifiers import new_identifier
from malapert_http_models.contracts.comms_window import (
    KeyBooking,
    KeyEntryPage,
    KeyStorePage,
    Orbiter,
    OrbiterPage,
    OrbitSource,
    RecordKeysRequest,
    RegisterOrbiterRequest,
)
from malapert_http_models.contracts.vocabulary import Visibility

from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_numbers
from malapert_gateway.routes.guarded import IDEMPOTENCY_HEADER, GuardedRoute, OrbitFileRoute
from malapert_gateway.routes.parameters import GatewayParts, OrbiterId, Page, only_these

router = APIRouter(tags=["orbiters"], route_class=GuardedRoute)
file_router = APIRouter(tags=["orbiters"], route_class=OrbitFileRoute)


@file_router.post("/orbiters", status_code=201)
async def register_orbiter(body: RegisterOrbiterRequest, gateway: GatewayParts) -> Orbiter:
    """Register an orbiter's motion from a CCSDS OEM, two-line elements, a SPICE SPK (base64) or Keplerian elements.

    A motion that is registered again unchanged is the same version; another becomes the next one.
    """
    message = message_of(body, orbiter_pb2.RegisterOrbiterRequest)
    return await gateway.answer(
        (await gateway.call(gateway.services.orbiters.RegisterOrbiter, message)).orbiter, Orbiter, 201
    )


@router.get("/orbiters")
async def list_orbiters(
    gateway: GatewayParts,
    page: Page,
    sources: Annotated[list[OrbitSource] | None, only_these("orbiters whose motion was given so")] = None,
    visibilities: Annotated[list[Visibility] | None, only_these("orbiters that are shown so")] = None,
) -> OrbiterPage:
    """List orbiters by identifier, in their newest versions."""
    message = orbiter_pb2.ListOrbitersRequest(
        sources=enum_numbers(orbiter_pb2.OrbitSource.DESCRIPTOR, sources),
        visibilities=enum_numbers(type_pb2.Visibility.DESCRIPTOR, visibilities),
        page=page,
    )
    return await gateway.answer(await gateway.call(gateway.services.orbiters.ListOrbiters, message), OrbiterPage)


@router.get("/orbiters/{orbiter_id}")
async def get_orbiter(orbiter_id: OrbiterId, gateway: GatewayParts) -> Orbiter:
    """Return one orbiter in its newest version."""
    message = orbiter_pb2.GetOrbiterRequest(orbiter_id=orbiter_id)
    return await gateway.answer((await gateway.call(gateway.services.orbiters.GetOrbiter, message)).orbiter, Orbiter)


@router.post("/key-entries", status_code=201)
async def record_keys(
    body: RecordKeysRequest,
    gateway: GatewayParts,
    idempotency_key: Annotated[str | None, Header(alias=IDEMPOTENCY_HEADER, include_in_schema=False)] = None,
) -> KeyBooking:
    """Book secret bits that two agencies made over a pass, or, negative, used; a store is never overdrawn."""
    key = idempotency_key or new_identifier()
    message = message_of(body, key_pb2.RecordKeysRequest, idempotency_key=key)
    return await gateway.answer(await gateway.call(gateway.services.keys.RecordKeys, message), KeyBooking, 201)


@router.get("/key-stores")
async def list_key_stores(gateway: GatewayParts, page: Page) -> KeyStorePage:
    """List what the caller's agency shares with others; an operator sees all stores."""
    answer = await gateway.call(gateway.services.keys.ListKeyStores, key_pb2.ListKeyStoresRequest(page=page))
    return await gateway.answer(answer, KeyStorePage)


@router.get("/key-entries")
async def list_key_entries(
    gateway: GatewayParts,
    page: Page,
    agency_ids: Annotated[
        list[str], Query(description="The two agencies.", min_length=2, max_length=2, examples=[["ISRO", "JAXA"]])
    ],
) -> KeyEntryPage:
    """List the entries of one store in order of their making."""
    message = key_pb2.ListKeyEntriesRequest(agency_ids=agency_ids, page=page)
    return await gateway.answer(await gateway.call(gateway.services.keys.ListKeyEntries, message), KeyEntryPage)
