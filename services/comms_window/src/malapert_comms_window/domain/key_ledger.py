"""The key ledger: secret bits that two agencies share, booked and never overdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.errors import Fault, InvalidInputError, PreconditionError

MAX_AMOUNT_BIT = 10**15


@dataclass(frozen=True, slots=True)
class KeyStore:
    """Secret bits that two agencies, in order of their names, have in store."""

    agency_ids: tuple[str, str]
    balance_bit: int
    made_bit: int
    used_bit: int
    version: int

    @property
    def pair_id(self) -> str:
        """Names both agencies."""
        return "|".join(self.agency_ids)

    def booked(self, amount_bit: int) -> "KeyStore":
        """Return the store after bits were made, or, negative, used.

        Raises
        ------
        PreconditionError
            ``KEY_STORE_EMPTY`` where fewer bits are in store than are used.
        """
        if self.balance_bit + amount_bit < 0:
            message = f"{' and '.join(self.agency_ids)} have {self.balance_bit} bits in store, fewer than {-amount_bit}"
            raise PreconditionError("KEY_STORE_EMPTY", message, metadata={"balance_bit": str(self.balance_bit)})
        return replace(
            self,
            balance_bit=self.balance_bit + amount_bit,
            made_bit=self.made_bit + max(amount_bit, 0),
            used_bit=self.used_bit + max(-amount_bit, 0),
            version=self.version + 1,
        )


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One booking of a store."""

    entry_id: str
    agency_ids: tuple[str, str]
    sequence: int
    amount_bit: int
    balance_bit: int
    reason: str
    contact_id: str
    agency_id: str
    created_time: datetime


def agency_pair(agency_ids: Sequence[str]) -> tuple[str, str]:
    """Return two agencies in order of their names.

    Raises
    ------
    InvalidInputError
        ``INVALID_KEY_PAIR`` where they are not two different ones.
    """
    named = sorted({agency_id for agency_id in agency_ids if agency_id and "|" not in agency_id})
    if len(named) != 2 or len(agency_ids) != 2:
        fault = Fault("agency_ids", "WRONG_COUNT", f"two different agencies, not {list(agency_ids)}")
        raise InvalidInputError("INVALID_KEY_PAIR", "keys are shared by two agencies", faults=[fault])
    return named[0], named[1]
