"""An answer that may be given again to the same call."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """Stored answer to a call under an idempotency key."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A call under an idempotency key: whose, which key, and a hash of everything that was asked."""

    agency_id: str
    idempotency_key: str
    request_hash: str
