"""Parameters that many routes share."""

from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Request, Response
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.identity import Identity
from malapert_http_models.contracts.vocabulary import Interval
from malapert_http_models.wire import UtcTime

from malapert_gateway.conversion import to_message
from malapert_gateway.routes.guarded import credentials_of
from malapert_gateway.services.gateway import Gateway, ModelT
from malapert_gateway.services.session_service import Credentials

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


async def caller_credentials(request: Request) -> Credentials:
    """Return what the call carries to tell who calls."""
    return credentials_of(request)


async def page_request(
    page_size: Annotated[
        int, Query(ge=0, le=1000, description="At most this many rows; 0 means the default.", examples=[100])
    ] = 0,
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
            examples=["*"],
        ),
    ] = None,
) -> int:
    """Return the version that the caller saw; 0 where it does not say."""
    return 0 if if_match in (None, "*") else int(str(if_match).strip('"'))


async def stated_version(
    if_match: Annotated[
        str,
        Header(
            pattern=r'^"[0-9]{1,9}"$',
            description="The `ETag` that is meant; the change is refused by 412 where it is no longer so.",
            examples=['"1"'],
        ),
    ],
) -> int:
    """Return the version that the caller means."""
    return int(if_match.strip('"'))


def set_etag(response: Response, version: int) -> None:
    """State the version of the object in the answer."""
    response.headers["ETag"] = f'"{version}"'


async def versioned(
    gateway: Gateway, message: Any, model: type[ModelT], response: Response, status: int = 200
) -> ModelT:
    """Return a service's object as its model, with its version for If-Match."""
    set_etag(response, message.version)
    return await gateway.answer(message, model, status, {"ETag": response.headers["ETag"]})


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


def only_these(what: str, *examples: list[str]) -> object:
    """Return the query parameter of a filter by values, which may be given several times."""
    return Query(description=f"Only {what}; none means all.", examples=list(examples) or None)


def span(start: str, end: str) -> Any:
    """Return a dependency: the span of two query parameters that are both given or both left out.

    Parameters
    ----------
    start, end
        What the parameters are.
    """

    async def asked(
        start_time: Annotated[UtcTime | None, Query(description=start, examples=["2029-01-10T00:00:00Z"])] = None,
        end_time: Annotated[UtcTime | None, Query(description=end, examples=["2029-01-17T00:00:00Z"])] = None,
    ) -> type_pb2.Interval | None:
        if start_time is None and end_time is None:
            return None
        missing = [name for name, time in (("start_time", start_time), ("end_time", end_time)) if time is None]
        faults = [Fault(f"query.{name}", "MISSING", "a span has a start and an end") for name in missing]
        if start_time is not None and end_time is not None:
            if start_time < end_time:
                return to_message(Interval(start_time=start_time, end_time=end_time), type_pb2.Interval)
            faults = [Fault("query.end_time", "EMPTY_SPAN", "the end of the span is after its start")]
        raise InvalidInputError("INVALID_REQUEST", "the span is not usable", faults=faults)

    return Depends(asked)


GatewayParts = Annotated[Gateway, Depends(gateway_of)]
CallerCredentials = Annotated[Credentials, Depends(caller_credentials)]
CallerIdentity = Annotated[Identity, Depends(identity_of)]
Page = Annotated[type_pb2.PageRequest, Depends(page_request)]
ExpectedVersion = Annotated[int, Depends(expected_version)]
StatedVersion = Annotated[int, Depends(stated_version)]
ValidateOnly = Annotated[bool, Query(description="True checks the input and stores nothing.", examples=[True])]

MissionId = Annotated[str, identifier("mission", "lupex")]
CharterChangeId = Annotated[str, identifier("proposed charter", "change-31b0")]
ProposalId = Annotated[str, identifier("proposed version", "proposal-6c2e")]
TerrainId = Annotated[str, identifier("terrain", "terrain-1a2b")]
TerrainStackId = Annotated[str, identifier("terrain stack", "stack-3f9a")]
ProductSetId = Annotated[str, identifier("product set", "products-41d7")]
SiteSearchId = Annotated[str, identifier("site search", "search-88e1")]
SiteId = Annotated[str, identifier("site", "site-04")]
StationId = Annotated[str, identifier("station", "esa-mlg")]
AgreementId = Annotated[str, identifier("agreement", "agreement-3c41")]
OutageId = Annotated[str, identifier("outage", "outage-77ab")]
OrbiterId = Annotated[str, identifier("orbiter", "relay-1")]
ContactId = Annotated[str, identifier("contact", "contact-9a1f")]
WindowSetId = Annotated[str, identifier("window set", "windows-71c0")]
InstrumentId = Annotated[str, identifier("instrument", "ns")]
ActivityTypeId = Annotated[str, identifier("activity type", "drill-1.5m")]
RequestId = Annotated[str, identifier("request", "drill-a")]
OverlappedSpan = Annotated[
    type_pb2.Interval | None,
    span("Only what overlaps a span: its start.", "Only what overlaps a span: its end."),
]
PlanId = Annotated[str, identifier("plan", "plan-5d21")]
ConditionId = Annotated[str, identifier("condition", "JAXA-1")]
RobustnessId = Annotated[str, identifier("assessment of robustness", "robustness-6e02")]
EditDraftId = Annotated[str, identifier("edits under way", "draft-3b7c")]
ThreadId = Annotated[str, identifier("thread", "thread-7a20")]
DelegationId = Annotated[str, identifier("delegation", "delegation-4c1d")]
OperationId = Annotated[str, identifier("operation", "operation-2c7d")]

ETAG = {"headers": {"ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}}}}
LOCATION = {"headers": {"Location": {"description": "Where the object is.", "schema": {"type": "string"}}}}
