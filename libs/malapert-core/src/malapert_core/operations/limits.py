"""Limits of the long work of one agency and of one key."""

from dataclasses import dataclass

from malapert_core.errors import ExhaustedError
from malapert_core.fairness.limit_use import LimitedThing, LimitHolder, LimitUse
from malapert_core.policy.identity import Identity

RETRY_AFTER_S = 30


@dataclass(frozen=True, slots=True)
class OperationLimits:
    """Limits of unended operations.

    ``most_of_agency`` and ``most_of_key`` count what is queued or at work; ``share`` is the part of the places at work
    that one agency may have while it is alone, at least one place.
    """

    most_of_agency: int = 200
    most_of_key: int = 100
    share: float = 0.75

    def most_running(self, concurrency: int) -> int:
        """Return how many operations of one agency are at work at once."""
        return max(1, round(self.share * concurrency))

    def uses(self, of_agency: int, of_key: int) -> list[LimitUse]:
        """Return the limits with what is used of them."""
        return [
            LimitUse(LimitedThing.OPERATIONS, LimitHolder.KEY, self.most_of_key, of_key),
            LimitUse(LimitedThing.OPERATIONS, LimitHolder.AGENCY, self.most_of_agency, of_agency),
        ]

    def check(self, of_agency: int, of_key: int, identity: Identity) -> None:
        """Refuse more work.

        Raises
        ------
        ExhaustedError
            ``TOO_MUCH_QUEUED``, with when to ask again.
        """
        for count, most, whose in (
            (of_agency, self.most_of_agency, f"the agency {identity.agency_id}"),
            (of_key, self.most_of_key, "this key"),
        ):
            if count >= most:
                raise ExhaustedError(
                    "TOO_MUCH_QUEUED",
                    f"{whose} has {count} operations queued or at work and may have {most}; cancel some, or ask again "
                    "when some have ended",
                    metadata={"limit": str(most), "retry_after_s": str(RETRY_AFTER_S)},
                )
