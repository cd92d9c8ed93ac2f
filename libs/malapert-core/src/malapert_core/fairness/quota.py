"""Quota of what one agency stores in a service."""

from dataclasses import dataclass

from malapert_core.errors import ExhaustedError
from malapert_core.fairness.limit_use import LimitedThing, LimitHolder, LimitUse


@dataclass(frozen=True, slots=True)
class StorageQuota:
    """Bytes that one agency may store; what is stored already stays, whatever the quota becomes."""

    most_bytes: int

    def free_bytes(self, stored_bytes: int) -> int:
        """Return how much an agency that has stored so much may still store."""
        return max(0, self.most_bytes - stored_bytes)

    def use(self, stored_bytes: int) -> LimitUse:
        """Return the quota with what an agency has used of it."""
        return LimitUse(LimitedThing.STORED_BYTES, LimitHolder.AGENCY, self.most_bytes, stored_bytes)

    def check(self, agency_id: str, stored_bytes: int, further_bytes: int) -> None:
        """Refuse to store more than is left.

        Raises
        ------
        ExhaustedError
            ``STORED_BYTES_LIMIT``, with what is stored, wanted and allowed.
        """
        if further_bytes <= self.free_bytes(stored_bytes):
            return
        raise ExhaustedError(
            "STORED_BYTES_LIMIT",
            f"{agency_id} has stored {stored_bytes} bytes here and may store {self.most_bytes}; this would take "
            f"{further_bytes} more",
            metadata={
                "stored_bytes": str(stored_bytes),
                "further_bytes": str(further_bytes),
                "limit_bytes": str(self.most_bytes),
            },
        )
