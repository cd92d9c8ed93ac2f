"""Models of agencies and of their public keys."""

from typing import Annotated, Any

from malapert_http_models.wire import UtcTime
from pydantic import Field

from malapert_gateway.domain.agency import Agency, AgencyState
from malapert_gateway.models.key import AGENCY_ID, KeyModel

AdmittedId = Annotated[str, Field(pattern=AGENCY_ID, description="Identifier.", examples=["ESA"])]
_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "2026-1"}
"""The public key of RFC 8037, appendix A.2."""
Proof = Annotated[
    str,
    Field(
        min_length=1,
        max_length=8192,
        description="A compact JWS by a private key of the agency; `malapert key` makes it.",
        examples=["eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiMjAyNi0xIn0.eyJpc3MiOiJFU0EifQ.c2lnbmF0dXJl"],
    ),
]


class AgencyKeySet(KeyModel):
    """Public keys as a JSON Web Key Set (RFC 7517): Ed25519, with nothing of the private key."""

    keys: list[dict[str, Any]] = Field(max_length=100, description="The keys.", examples=[[_KEY]])


class NewAgency(KeyModel):
    """An agency to admit."""

    agency_id: AdmittedId
    name: str = Field("", max_length=200, description="Its full name.", examples=["European Space Agency"])
    key_set: AgencyKeySet = Field(description="Its public keys, as it handed them over.")


class Suspension(KeyModel):
    """Why an agency is suspended."""

    reason: str = Field("", max_length=500, description="Told to who calls with one of its keys.", examples=["left"])


class Enrolment(KeyModel):
    """Proof that the caller holds a private key of the agency."""

    proof: Proof
    label: str = Field("", max_length=200, description="What the key is for.", examples=["First administrator"])


class KeySetRotation(KeyModel):
    """New public keys of an agency, signed with one of its present ones."""

    key_set: AgencyKeySet = Field(description="The keys from now on.")
    proof: Proof


class AdmittedAgency(KeyModel):
    """An agency of this installation."""

    agency_id: AdmittedId
    name: str = Field(description="Its full name.", examples=["European Space Agency"])
    state: AgencyState = Field(description="Whether its keys work.", examples=["ADMITTED"])
    key_set_version: int = Field(description="How often its public keys were set; 0 without any.", examples=[1])
    admitted_time: UtcTime = Field(description="When it was admitted.", examples=["2026-11-22T12:00:00Z"])
    enrolled_time: UtcTime | None = Field(
        None, description="When its first ADMINISTRATOR was made.", examples=["2026-11-22T12:05:00Z"]
    )
    suspended_time: UtcTime | None = Field(
        None, description="When it was suspended.", examples=["2026-11-23T12:00:00Z"]
    )

    @classmethod
    def of(cls, agency: Agency) -> "AdmittedAgency":
        """Return what everybody is told of an agency."""
        return cls(
            agency_id=agency.agency_id,
            name=agency.name,
            state=agency.state,
            key_set_version=agency.key_set_version,
            admitted_time=agency.admitted_time,
            enrolled_time=agency.enrolled_time,
            suspended_time=agency.suspended_time,
        )


class AdmittedAgencies(KeyModel):
    """All agencies in order of their identifiers."""

    agencies: list[AdmittedAgency] = Field(description="The agencies.")
