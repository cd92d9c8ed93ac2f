"""Parameters that many routes share."""

from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request, Response
from malapert.type.v1 import type_pb2
from malapert_core.identity import Identity

from malapert_gateway.services.gateway import Gateway

_NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]+$"
_NO_CONTROL_CHARACTERS_OR_EMPTY = r"^[^\x00-\x1f\x7f]*$"


async def gateway_of(request: Request) -> Gateway:
    """Return the gateway's parts."""
    gateway: Gateway = request.app.state.gateway
    return gateway


async def identity_of(request: Request) -> Identity:
    """Return who calls, as the guard found."""
    identity: Identity = request.state.identity
    return identity


async def page_request(
    page_size: Annotated[int, Query(ge=0, le=1000, description="At most this many rows; 0 means the default.")] = 0,
    page_token: Annotated[
        str,
        Query(
            max_length=2000,
            pattern=_NO_CONTROL_CHARACTERS_OR_EMPTY,
            description="`next_page_token` of the page before; empty for the first page.",
        ),
    ] = "",
) -> type_pb2.PageRequest:
    """Return the page that is asked for."""
    return type_pb2.PageRequest(page_size=page_size, page_token=page_token)


async def expected_version(
    if_match: Annotated[
        str | None,
        Header(
            pattern=r'^(\*|"[0-9]{1,9}")$',
            description="The `ETag` that was seen; the change is refused by 412 where it is no longer so.",
            examples=['"3"'],
        ),
    ] = None,
) -> int:
    """Return the version that the caller saw; 0 where it does not say."""
    return 0 if if_match in (None, "*") else int(str(if_match).strip('"'))


def set_etag(response: Response, version: int) -> None:
    """State the version of the object in the answer."""
    response.headers["ETag"] = f'"{version}"'


def identifier(what: str, example: str) -> object:
    """Return the path parameter of an identifier."""
    return Path(
        max_length=200, pattern=_NO_CONTROL_CHARACTERS, description=f"Identifier of the {what}.", examples=[example]
    )


def only(what: str, example: str) -> object:
    """Return the query parameter of a filter by an identifier."""
    return Query(
        max_length=200,
        pattern=_NO_CONTROL_CHARACTERS_OR_EMPTY,
        description=f"Only of this {what}; empty means all.",
        examples=[example],
    )


def only_these(what: str) -> object:
    """Return the query parameter of a filter by values, which may be given several times."""
    return Query(description=f"Only {what}; none means all.")


GatewayParts = Annotated[Gateway, Depends(gateway_of)]
CallerIdentity = Annotated[Identity, Depends(identity_of)]
Page = Annotated[type_pb2.PageRequest, Depends(page_request)]
ExpectedVersion = Annotated[int, Depends(expected_version)]
ValidateOnly = Annotated[bool, Query(description="True checks the input and stores nothing.")]

MissionId = Annotated[str, identifier("mission", "lupex")]
TerrainId = Annotated[str, identifier("terrain", "terrain-1a2b")]
TerrainStackId = Annotated[str, identifier("terrain stack", "stack-3f9a")]
ProductSetId = Annotated[str, identifier("product set", "products-41d7")]
SiteSearchId = Annotated[str, identifier("site search", "search-88e1")]
SiteId = Annotated[str, identifier("site", "site-04")]
StationId = Annotated[str, identifier("station", "esa-mlg")]
OutageId = Annotated[str, identifier("outage", "outage-77ab")]
OrbiterId = Annotated[str, identifier("orbiter", "relay-1")]
ContactId = Annotated[str, identifier("contact", "contact-9a1f")]
WindowSetId = Annotated[str, identifier("window set", "windows-71c0")]
InstrumentId = Annotated[str, identifier("instrument", "ns")]
ActivityTypeId = Annotated[str, identifier("activity type", "drill-1.5m")]
RequestId = Annotated[str, identifier("request", "drill-a")]
PlanId = Annotated[str, identifier("plan", "plan-5d21")]
OperationId = Annotated[str, identifier("operation", "operation-2c7d")]

ETAG = {"headers": {"ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}}}}
LOCATION = {"headers": {"Location": {"description": "Where the object is.", "schema": {"type": "string"}}}}
