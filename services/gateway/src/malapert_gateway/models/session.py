"""Models of sessions of the page."""

from malapert_http_models.wire import UtcTime
from pydantic import Field

from malapert_gateway.models.key import AGENCY_ID, Caller, KeyModel


class SessionLink(KeyModel):
    """A link that opens a session of the page, once."""

    ticket: str = Field(
        description="What stands after `/#open=` in the page's address; shown this once.",
        examples=["5f0c1d2e3a4b5c6d_0b8e"],
    )
    expire_time: UtcTime = Field(description="Until when it opens one.", examples=["2036-11-22T12:00:00Z"])


class OpenSession(KeyModel):
    """Opens a session."""

    ticket: str = Field(
        min_length=1, max_length=200, description="The ticket of a link.", examples=["5f0c1d2e3a4b5c6d_0b8e"]
    )


class LogInAgencies(KeyModel):
    """Agencies whose people log in on the page by their provider of identity."""

    agency_ids: list[str] = Field(description="Their identifiers, in order.", examples=[["ESA", "JAXA"]])


class BeginLogIn(KeyModel):
    """Begins a log-in."""

    agency_id: str = Field(pattern=AGENCY_ID, description="Agency of the person.", examples=["JAXA"])


class BegunLogIn(KeyModel):
    """A log-in under way, which the browser that began it goes on with."""

    authorization_url: str = Field(
        description="Where it goes: the provider, which sends it back with a code.",
        examples=["https://id.example/authorize?response_type=code&client_id=malapert"],
    )
    expire_time: UtcTime = Field(description="Until when it may come back.", examples=["2036-11-22T12:10:00Z"])


class FinishLogIn(KeyModel):
    """What the provider sent the browser back with."""

    code: str = Field(min_length=1, max_length=4096, description="The authorization code.", examples=["SplxlOBeZQ"])
    state: str = Field(min_length=1, max_length=200, description="The log-in's state.", examples=["af0ifjsldkj"])
    issuer: str = Field(
        "", max_length=2048, description="`iss` where it was sent (RFC 9207).", examples=["https://id.example"]
    )


class Session(KeyModel):
    """A session of the page."""

    caller: Caller = Field(description="Whom it speaks for, and what it may do.")
    csrf_token: str = Field(
        description="What every change in it carries in `X-CSRF-Token`; empty for a call by a key.", examples=["9f2c"]
    )
    expire_time: UtcTime | None = Field(
        description="When it ends; null for a call by a key that lasts.", examples=["2036-11-22T12:00:00Z"]
    )
