"""Agencies of the installation: admission, suspension, enrolment, and their public keys."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from malapert_core.policy.identity import Identity, Role

from malapert_gateway import policy
from malapert_gateway.config import GatewaySettings
from malapert_gateway.domain.agency import AgencyState
from malapert_gateway.models.agency import (
    AdmittedAgencies,
    AdmittedAgency,
    AgencyKeySet,
    Enrolment,
    KeySetRotation,
    NewAgency,
    Suspension,
)
from malapert_gateway.models.key import AGENCY_ID, IssuedKey, Key
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import CallerIdentity, GatewayParts, only_these
from malapert_gateway.services.gateway import Gateway


class ProvenRoute(GuardedRoute):
    """A route that no key opens but a proof in the body; whoever calls it counts as one without a valid key."""

    # What is kept is kept by agency, and the call's is not known; the proof holds once anyway.
    keeps_answers = False

    def most_bytes(self, settings: GatewaySettings) -> int:
        """Return how long a body may be: a proof, from whoever it is."""
        return _LONGEST_BODY

    async def admitted(self, gateway: Gateway, request: Request, action: str, address: str) -> Identity:
        """Return nobody's identity: the proof tells whose call it is."""
        await gateway.admission.admit_unknown(address)
        return _NOBODY


_LONGEST_BODY = 16 * 1024
_NOBODY = Identity("", Role.VIEWER, "")
router = APIRouter(prefix="/agencies", tags=["agencies"], route_class=GuardedRoute)
proven_router = APIRouter(prefix="/agencies", tags=["agencies"], route_class=ProvenRoute)

AgencyPath = Annotated[str, Path(pattern=AGENCY_ID, description="Identifier of the agency.", examples=["JAXA"])]


@router.post("", status_code=201)
async def admit_agency(body: NewAgency, identity: CallerIdentity, gateway: GatewayParts) -> AdmittedAgency:
    """Admit an agency and pin its public keys, by which its signatures are known.

    Its first ADMINISTRATOR enrols itself with a proof of one of these keys; nobody else makes its keys.
    """
    agency = await gateway.agencies.admit(identity, body.agency_id, body.name, body.key_set.keys)
    return AdmittedAgency.of(agency)


@router.get("")
async def list_agencies(
    gateway: GatewayParts,
    states: Annotated[list[AgencyState] | None, only_these("agencies that stand so")] = None,
) -> AdmittedAgencies:
    """List the agencies of the installation in order of their identifiers."""
    agencies = await gateway.agencies.list()
    return AdmittedAgencies(
        agencies=[AdmittedAgency.of(agency) for agency in agencies if agency.state in (states or AgencyState)]
    )


@router.get("/{agency_id}")
async def get_agency(agency_id: AgencyPath, gateway: GatewayParts) -> AdmittedAgency:
    """Return one agency."""
    return AdmittedAgency.of(await gateway.agencies.get(agency_id))


@router.get("/{agency_id}/keys")
async def get_agency_keys(agency_id: AgencyPath, gateway: GatewayParts) -> AgencyKeySet:
    """Return an agency's public keys as a JSON Web Key Set, to verify what it signed."""
    return AgencyKeySet(keys=list((await gateway.agencies.get(agency_id)).key_set))


@router.post("/{agency_id}/keys:rotate")
async def rotate_agency_keys(
    agency_id: AgencyPath, body: KeySetRotation, identity: CallerIdentity, gateway: GatewayParts
) -> AgencyKeySet:
    """Replace the public keys of the caller's agency, as a present one signed.

    The proof states `iss` (the agency), `aud` (the installation), `purpose` "rotate-key-set", `key_set_hash` (SHA-256
    of the canonical JSON of the new set), `replaces_version`, `iat` and `exp`; it holds once, for at most 300 s.
    """
    policy.require_agency("rotate_agency_keys", identity, [agency_id])
    agency = await gateway.agencies.rotate_key_set(agency_id, body.key_set.keys, body.proof)
    return AgencyKeySet(keys=list(agency.key_set))


@router.post("/{agency_id}:suspend")
async def suspend_agency(
    agency_id: AgencyPath, body: Suspension, identity: CallerIdentity, gateway: GatewayParts
) -> AdmittedAgency:
    """Refuse every key of an agency until it is admitted again; its open streams end within seconds."""
    return AdmittedAgency.of(await gateway.agencies.suspend(identity, agency_id, body.reason))


@router.post("/{agency_id}:readmit")
async def readmit_agency(agency_id: AgencyPath, gateway: GatewayParts) -> AdmittedAgency:
    """Let the keys of a suspended agency work again."""
    return AdmittedAgency.of(await gateway.agencies.readmit(agency_id))


@proven_router.post("/{agency_id}:enrol", status_code=201)
async def enrol_agency(agency_id: AgencyPath, body: Enrolment, gateway: GatewayParts) -> IssuedKey:
    """Make an agency's first ADMINISTRATOR key, once, for whoever proves to hold its private key; needs no key.

    The proof states `iss` (the agency), `aud` (the installation), `purpose` "enrol", `iat` and `exp`, at most 300 s
    later. The secret is shown this once and kept nowhere.
    """
    key, bearer_key = await gateway.agencies.enrol(agency_id, body.proof, body.label)
    return IssuedKey(key=Key.of(key), bearer_key=bearer_key)
