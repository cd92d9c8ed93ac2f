"""Models of sessions of the page."""

from malapert_http_models.wire import UtcTime
from pydantic import Field

from malapert_gateway.models.key import Caller, KeyModel


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


class Session(KeyModel):
    """A session of the page."""

    caller: Caller = Field(description="Whom it speaks for, and what it may do.")
    csrf_token: str = Field(
        description="What every change in it carries in `X-CSRF-Token`; empty for a call by a key.", examples=["9f2c"]
    )
    expire_time: UtcTime | None = Field(
        description="When it ends; null for a call by a key that lasts.", examples=["2036-11-22T12:00:00Z"]
    )
