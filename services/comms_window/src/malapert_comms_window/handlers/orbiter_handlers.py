"""The gRPC face of orbiters and of the key ledger: translation only."""

from typing import Any

from malapert.comms_window.v1 import key_pb2, key_pb2_grpc, orbiter_pb2, orbiter_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.audience import Visibility
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import named, to_domain, to_message
from malapert_core.rpc.paging import cursor_key, decode_cursor, next_cursor, page_size_of
from malapert_core.vocabulary.content_hash import bytes_hash

from malapert_comms_window.domain.orbiters import Orbiter, OrbiterFilter, OrbiterRegistration, OrbitSource
from malapert_comms_window.handlers.messages.shared import interval_message, interval_of
from malapert_comms_window.services.book.keys import KeyService
from malapert_comms_window.services.registry.orbiters import OrbiterService


class OrbiterHandlers(orbiter_pb2_grpc.OrbiterServiceServicer):
    """Serves orbiters."""

    def __init__(self, orbiters: OrbiterService) -> None:
        self._orbiters = orbiters

    async def RegisterOrbiter(  # noqa: N802
        self, request: orbiter_pb2.RegisterOrbiterRequest, context: Any
    ) -> orbiter_pb2.RegisterOrbiterResponse:
        """Register an orbiter's motion."""
        orbiter = await self._orbiters.register(
            _registration_of(request), require_identity(), validate_only=request.validate_only
        )
        return orbiter_pb2.RegisterOrbiterResponse(orbiter=_orbiter_message(orbiter))

    async def GetOrbiter(  # noqa: N802
        self, request: orbiter_pb2.GetOrbiterRequest, context: Any
    ) -> orbiter_pb2.GetOrbiterResponse:
        """Return one orbiter."""
        orbiter = await self._orbiters.get(request.orbiter_id)
        return orbiter_pb2.GetOrbiterResponse(orbiter=_orbiter_message(orbiter))

    async def ListOrbiters(  # noqa: N802
        self, request: orbiter_pb2.ListOrbitersRequest, context: Any
    ) -> orbiter_pb2.ListOrbitersResponse:
        """List orbiters by identifier."""
        size = page_size_of(request.page.page_size)
        after = cursor_key(request.page.page_token)
        sources = wanted_values(OrbitSource, request.sources, orbiter_pb2.OrbitSource.DESCRIPTOR, "sources")
        visibilities = wanted_values(Visibility, request.visibilities, type_pb2.Visibility.DESCRIPTOR, "visibilities")
        found = await self._orbiters.page(OrbiterFilter(sources, visibilities), after, size + 1)
        return orbiter_pb2.ListOrbitersResponse(
            orbiters=[_orbiter_message(orbiter) for orbiter in found[:size]],
            next_page_token=next_cursor(found, size, lambda row: row.orbiter_id),
        )

    async def ExportOrbiter(  # noqa: N802
        self, request: orbiter_pb2.ExportOrbiterRequest, context: Any
    ) -> orbiter_pb2.ExportOrbiterResponse:
        """Write an orbiter's motion as an OEM."""
        content = await self._orbiters.export(
            request.orbiter_id, interval_of(request.span), request.step_s, xml=request.xml
        )
        return orbiter_pb2.ExportOrbiterResponse(content=content)


class KeyHandlers(key_pb2_grpc.KeyServiceServicer):
    """Serves the key ledger."""

    def __init__(self, keys: KeyService) -> None:
        self._keys = keys

    async def RecordKeys(  # noqa: N802
        self, request: key_pb2.RecordKeysRequest, context: Any
    ) -> key_pb2.RecordKeysResponse:
        """Book bits that were made or used."""
        entry, store = await self._keys.record(
            request.idempotency_key,
            bytes_hash(request.SerializeToString(deterministic=True)),
            list(request.agency_ids),
            request.amount_bit,
            request.reason,
            request.contact_id,
            require_identity(),
        )
        return key_pb2.RecordKeysResponse(
            entry=to_message(entry, key_pb2.KeyEntry), store=to_message(store, key_pb2.KeyStore)
        )

    async def ListKeyStores(  # noqa: N802
        self, request: key_pb2.ListKeyStoresRequest, context: Any
    ) -> key_pb2.ListKeyStoresResponse:
        """List stores."""
        size = page_size_of(request.page.page_size)
        after = cursor_key(request.page.page_token)
        found = await self._keys.stores(require_identity(), after, size + 1)
        return key_pb2.ListKeyStoresResponse(
            stores=[to_message(store, key_pb2.KeyStore) for store in found[:size]],
            next_page_token=next_cursor(found, size, lambda row: row.pair_id),
        )

    async def ListKeyEntries(  # noqa: N802
        self, request: key_pb2.ListKeyEntriesRequest, context: Any
    ) -> key_pb2.ListKeyEntriesResponse:
        """List entries of a store."""
        size = page_size_of(request.page.page_size)
        after = 0
        if request.page.page_token:
            (text,) = decode_cursor(request.page.page_token)
            if not text.isdecimal():
                raise InvalidInputError("INVALID_PAGE_TOKEN", "the page token is not one of this listing")
            after = int(text)
        found = await self._keys.entries(list(request.agency_ids), require_identity(), after, size + 1)
        return key_pb2.ListKeyEntriesResponse(
            entries=[to_message(entry, key_pb2.KeyEntry) for entry in found[:size]],
            next_page_token=next_cursor(found, size, lambda row: str(row.sequence)),
        )


def _registration_of(message: orbiter_pb2.RegisterOrbiterRequest) -> OrbiterRegistration:
    source = named(OrbitSource, orbiter_pb2.OrbitSource.DESCRIPTOR, message.source)
    if source is None:
        fault = Fault("source", "UNKNOWN_SOURCE", f"one of {', '.join(each.name for each in OrbitSource)} is needed")
        raise InvalidInputError("INVALID_ORBITER", "how the motion is given is not stated", faults=[fault])
    if message.HasField("elements") and not message.elements.HasField("epoch_time"):
        fault = Fault("elements.epoch_time", "MISSING", "the time of the elements is needed")
        raise InvalidInputError("INVALID_ORBITER", "the elements have no epoch", faults=[fault])
    visibility = named(Visibility, type_pb2.Visibility.DESCRIPTOR, message.visibility)
    if visibility is None and message.visibility:
        allowed = ", ".join(each.name for each in Visibility)
        fault = Fault("visibility", "UNKNOWN_VISIBILITY", f"{message.visibility} is none of {allowed}")
        raise InvalidInputError("INVALID_ORBITER", "who may see it is not known", faults=[fault])
    return to_domain(message, OrbiterRegistration, source=source, visibility=visibility)


def _orbiter_message(orbiter: Orbiter) -> orbiter_pb2.Orbiter:
    spans = [interval_message(first, last) for first, last in orbiter.spans]
    return to_message(orbiter, orbiter_pb2.Orbiter, spans=spans)
