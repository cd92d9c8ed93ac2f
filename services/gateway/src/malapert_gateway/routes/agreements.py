"""Standing agreements on antenna hours between the owner of antennas and a partner."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from malapert.comms_window.v1 import agreement_pb2
from malapert_core.vocabulary.identifiers import new_identifier
from malapert_http_models.contracts.comms_window import Agreement, AgreementPage, NewAgreement

from malapert_gateway.bodies import message_of
from malapert_gateway.routes.guarded import IDEMPOTENCY_HEADER, GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    AgreementId,
    GatewayParts,
    Page,
    StatedVersion,
    only,
    versioned,
)

router = APIRouter(tags=["agreements"], route_class=GuardedRoute)


@router.get("/agreements")
async def list_agreements(
    gateway: GatewayParts,
    page: Page,
    agency_id: Annotated[str, only("owner or partner", "JAXA")] = "",
    only_in_force: Annotated[bool, Query(description="True leaves out what has ended.", examples=[True])] = False,
) -> AgreementPage:
    """List the agreements to which the caller's agency is a party, with the hours that were used."""
    message = agreement_pb2.ListAgreementsRequest(agency_id=agency_id, only_in_force=only_in_force, page=page)
    return await gateway.answer(await gateway.call(gateway.services.agreements.ListAgreements, message), AgreementPage)


@router.get("/agreements/{agreement_id}", responses={200: ETAG})
async def get_agreement(agreement_id: AgreementId, gateway: GatewayParts, response: Response) -> Agreement:
    """Return an agreement with the hours that were used, to its two parties."""
    message = agreement_pb2.GetAgreementRequest(agreement_id=agreement_id)
    answer = await gateway.call(gateway.services.agreements.GetAgreement, message)
    return await versioned(gateway, answer.agreement, Agreement, response)


@router.post("/agreements", status_code=201, responses={201: ETAG})
async def create_agreement(
    body: NewAgreement,
    gateway: GatewayParts,
    response: Response,
    idempotency_key: Annotated[str | None, Header(alias=IDEMPOTENCY_HEADER, include_in_schema=False)] = None,
) -> Agreement:
    """Make an agreement, as the owner of the antennas: what it covers is committed without asking."""
    message = agreement_pb2.CreateAgreementRequest(
        idempotency_key=idempotency_key or new_identifier(), agreement=message_of(body, agreement_pb2.Agreement)
    )
    answer = await gateway.call(gateway.services.agreements.CreateAgreement, message)
    return await versioned(gateway, answer.agreement, Agreement, response, 201)


@router.put("/agreements/{agreement_id}", responses={200: ETAG})
async def change_agreement(
    agreement_id: AgreementId, body: NewAgreement, gateway: GatewayParts, version: StatedVersion, response: Response
) -> Agreement:
    """Change an agreement at the version of `If-Match`, as the owner of the antennas; what it committed stays."""
    wanted = message_of(body, agreement_pb2.Agreement, agreement_id=agreement_id)
    message = agreement_pb2.ChangeAgreementRequest(agreement=wanted, version=version)
    answer = await gateway.call(gateway.services.agreements.ChangeAgreement, message)
    return await versioned(gateway, answer.agreement, Agreement, response)


@router.delete("/agreements/{agreement_id}")
async def end_agreement(agreement_id: AgreementId, gateway: GatewayParts, version: StatedVersion) -> Agreement:
    """End an agreement now, at the version of `If-Match`, as the owner of the antennas; what it committed stays."""
    message = agreement_pb2.EndAgreementRequest(agreement_id=agreement_id, version=version)
    return await gateway.answer(
        (await gateway.call(gateway.services.agreements.EndAgreement, message)).agreement, Agreement
    )
