"""An answer that may be given again to the same call."""

import hashlib
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

    @property
    def service_key(self) -> str:
        """Key under which services know the call again, should it come through another gateway or after a crash."""
        return hashlib.sha256(f"{self.idempotency_key}\0{self.request_hash}".encode()).hexdigest()
