"""Python client of the HTTP API of Malapert: `Client` blocks, `AsyncClient` is awaited; every call is a method."""

from malapert_client.client import AsyncClient, Client
from malapert_client.connection import Connection
from malapert_client.errors import (
    ConfigurationError,
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidInputError,
    LimitError,
    MalapertError,
    NotFoundError,
    PlatformError,
    ProblemError,
    StaleVersionError,
    UnauthenticatedError,
    UnknownAnswerError,
    UnreachableError,
    WorkError,
)
from malapert_client.events import FeedItem
from malapert_client.pages import AsyncPages, Pages
from malapert_client.work import AsyncWork, Work

__all__ = [
    "AsyncClient",
    "AsyncPages",
    "AsyncWork",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "Connection",
    "Fault",
    "FeedItem",
    "ForbiddenError",
    "InvalidInputError",
    "LimitError",
    "MalapertError",
    "NotFoundError",
    "Pages",
    "PlatformError",
    "ProblemError",
    "StaleVersionError",
    "UnauthenticatedError",
    "UnknownAnswerError",
    "UnreachableError",
    "Work",
    "WorkError",
]
