"""The gRPC face of agreements: translation only."""

from dataclasses import replace
from typing import Any

from malapert.comms_window.v1 import agreement_pb2, agreement_pb2_grpc
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.mapping import to_domain, to_message
from malapert_core.rpc.paging import cursor_key, next_cursor, page_size_of
from malapert_core.vocabulary.content_hash import bytes_hash

from malapert_comms_window.domain.agreements import Agreement
from malapert_comms_window.handlers.messages.shared import interval_message, interval_of
from malapert_comms_window.services.book.quotas import Booker, QuotaService
from malapert_comms_window.services.registry.agreements import AgreementService, NewAgreement


class AgreementHandlers(agreement_pb2_grpc.AgreementServiceServicer):
    """Serves agreements."""

    def __init__(self, agreements: AgreementService, quotas: QuotaService) -> None:
        self._agreements = agreements
        self._quotas = quotas

    async def CreateAgreement(  # noqa: N802
        self, request: agreement_pb2.CreateAgreementRequest, context: Any
    ) -> agreement_pb2.CreateAgreementResponse:
        """Make an agreement."""
        content = bytes_hash(request.SerializeToString(deterministic=True))
        new = NewAgreement(request.idempotency_key, content, to_domain(request.agreement, Agreement))
        return agreement_pb2.CreateAgreementResponse(
            agreement=_message(await self._agreements.create(new, require_identity()))
        )

    async def ChangeAgreement(  # noqa: N802
        self, request: agreement_pb2.ChangeAgreementRequest, context: Any
    ) -> agreement_pb2.ChangeAgreementResponse:
        """Change an agreement."""
        wanted = replace(to_domain(request.agreement, Agreement), uses=())
        changed = await self._agreements.change(wanted, request.version, require_identity())
        return agreement_pb2.ChangeAgreementResponse(agreement=_message(changed))

    async def EndAgreement(  # noqa: N802
        self, request: agreement_pb2.EndAgreementRequest, context: Any
    ) -> agreement_pb2.EndAgreementResponse:
        """End an agreement."""
        ended = await self._agreements.end(request.agreement_id, request.version, require_identity())
        return agreement_pb2.EndAgreementResponse(agreement=_message(ended))

    async def GetAgreement(  # noqa: N802
        self, request: agreement_pb2.GetAgreementRequest, context: Any
    ) -> agreement_pb2.GetAgreementResponse:
        """Return an agreement with its hours."""
        found = await self._agreements.get(request.agreement_id, require_identity())
        return agreement_pb2.GetAgreementResponse(agreement=_message(found))

    async def ListAgreements(  # noqa: N802
        self, request: agreement_pb2.ListAgreementsRequest, context: Any
    ) -> agreement_pb2.ListAgreementsResponse:
        """List the caller's agreements by identifier."""
        size = page_size_of(request.page.page_size)
        after = cursor_key(request.page.page_token)
        found = await self._agreements.page(
            require_identity(), request.agency_id, after, size + 1, only_in_force=request.only_in_force
        )
        return agreement_pb2.ListAgreementsResponse(
            agreements=[_message(each) for each in found[:size]],
            next_page_token=next_cursor(found, size, lambda row: row.agreement_id),
        )

    async def ListAntennaQuotas(  # noqa: N802
        self, request: agreement_pb2.ListAntennaQuotasRequest, context: Any
    ) -> agreement_pb2.ListAntennaQuotasResponse:
        """Return what an agency could still book of the antennas of others."""
        booker = Booker(request.agency_id, request.mission_id, interval_of(request.interval), request.plan_id)
        return agreement_pb2.ListAntennaQuotasResponse(
            quotas=[
                agreement_pb2.AntennaQuota(
                    quota_id=each.quota_id,
                    owner_agency_ids=each.owner_agency_ids,
                    station_ids=each.station_ids,
                    interval=interval_message(each.start_time, each.end_time),
                    left_s=each.left_s,
                    title=each.title,
                )
                for each in await self._quotas.quotas_of(booker)
            ]
        )


def _message(agreement: Agreement) -> agreement_pb2.Agreement:
    return to_message(agreement, agreement_pb2.Agreement)
