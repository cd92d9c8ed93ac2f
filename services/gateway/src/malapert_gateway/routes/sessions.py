"""Sessions of the page: a link made by a key opens one, a cookie carries it."""

from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter, Request, Response
from malapert_core.errors import PermissionDeniedError
from malapert_core.timestamps import utc_now

from malapert_gateway import policy
from malapert_gateway.domain.api_key import ApiKey
from malapert_gateway.domain.log_in import LOG_IN_LIFETIME
from malapert_gateway.domain.web_session import SessionSecret, WebSession
from malapert_gateway.models.key import Caller
from malapert_gateway.models.session import (
    BeginLogIn,
    BegunLogIn,
    FinishLogIn,
    LogInAgencies,
    OpenSession,
    Session,
    SessionLink,
)
from malapert_gateway.routes.agencies import ProvenRoute
from malapert_gateway.routes.guarded import GuardedRoute, credentials_of
from malapert_gateway.routes.parameters import CallerIdentity, GatewayParts
from malapert_gateway.services.log_ins import LOG_IN_COOKIE
from malapert_gateway.services.session_service import SESSION_COOKIE


class SessionRoute(GuardedRoute):
    """A route of sessions: what it answers is secret, and so not kept under an idempotency key."""

    keeps_answers: ClassVar[bool] = False


router = APIRouter(tags=["sessions"], route_class=SessionRoute)
opening_router = APIRouter(tags=["sessions"], route_class=ProvenRoute)


@router.post("/session-links", status_code=201)
async def create_session_link(request: Request, identity: CallerIdentity, gateway: GatewayParts) -> SessionLink:
    """Make a link that opens one session of the page for the caller's key, once and within an hour."""
    if not credentials_of(request).authorization:
        raise PermissionDeniedError("KEY_REQUIRED", "a link is made by a key; a session of the page makes none")
    made, ticket = await gateway.sessions.make_link(identity)
    return SessionLink(ticket=ticket.text, expire_time=made.expire_time)


@opening_router.post("/sessions", status_code=201)
async def open_session(body: OpenSession, request: Request, response: Response, gateway: GatewayParts) -> Session:
    """Open a session by the ticket of a link: its cookie is of this origin alone, and no script reads it."""
    opened, secret, key = await gateway.sessions.open(body.ticket)
    _set_cookie(request, response, SESSION_COOKIE, secret.text, opened.expire_time)
    return _session(opened, secret, key)


@opening_router.get("/log-ins")
async def list_log_ins(gateway: GatewayParts) -> LogInAgencies:
    """List the agencies whose people log in on the page by their provider of identity; needs no key."""
    return LogInAgencies(agency_ids=gateway.log_ins.agency_ids)


@opening_router.post("/log-ins", status_code=201)
async def begin_log_in(body: BeginLogIn, request: Request, response: Response, gateway: GatewayParts) -> BegunLogIn:
    """Begin a log-in by the provider of an agency (OpenID Connect: authorization code with PKCE); needs no key.

    The browser goes to the answer's address, and keeps the cookie by which it alone can finish.
    """
    begun, address = await gateway.log_ins.begin(body.agency_id)
    expire_time = utc_now() + LOG_IN_LIFETIME
    _set_cookie(request, response, LOG_IN_COOKIE, begun.cookie, expire_time)
    return BegunLogIn(authorization_url=address, expire_time=expire_time)


@opening_router.post("/log-ins:finish", status_code=201)
async def finish_log_in(body: FinishLogIn, request: Request, response: Response, gateway: GatewayParts) -> Session:
    """Finish a log-in with what the provider sent back, and open a session of the person's key; needs no key."""
    cookie = request.cookies.get(LOG_IN_COOKIE, "")
    key = await gateway.log_ins.finish(cookie, body.state, body.code, body.issuer)
    opened, secret = await gateway.sessions.open_by_log_in(key)
    response.delete_cookie(LOG_IN_COOKIE, httponly=True, samesite="strict")
    _set_cookie(request, response, SESSION_COOKIE, secret.text, opened.expire_time)
    return _session(opened, secret, key)


@router.get("/sessions/current")
async def get_session(request: Request, identity: CallerIdentity, gateway: GatewayParts) -> Session:
    """Return whom the caller's session speaks for, its token, and until when."""
    key = await gateway.keys.own(identity)
    credentials = credentials_of(request)
    if credentials.authorization is not None:
        return Session(caller=_caller(key), csrf_token="", expire_time=key.expire_time)
    return _session(*await gateway.sessions.own(credentials.cookie), key)


@router.delete("/sessions/current", status_code=204)
async def end_session(request: Request, response: Response, gateway: GatewayParts) -> None:
    """End the caller's session; a call by a key ends none."""
    credentials = credentials_of(request)
    if credentials.authorization is None:
        await gateway.sessions.end(credentials.cookie)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")


def _set_cookie(request: Request, response: Response, name: str, value: str, expire_time: datetime) -> None:
    response.set_cookie(
        name,
        value,
        expires=expire_time,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _session(session: WebSession, secret: SessionSecret, key: ApiKey) -> Session:
    return Session(caller=_caller(key), csrf_token=secret.csrf_token, expire_time=session.expire_time)


def _caller(key: ApiKey) -> Caller:
    return Caller.of(key, policy.allowed_actions(key.identity, key.scope.actions))
