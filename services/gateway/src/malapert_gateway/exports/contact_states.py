"""Names of contact states in other systems' formats."""

from typing import NamedTuple

from malapert_http_models.contracts.comms_window import ContactState


class ForeignStates(NamedTuple):
    """Names of one state: CCSDS 902.1, StellarStation's plans, AWS Ground Station's contacts.

    Empty where a system has no such state.
    """

    simple_schedule: str
    stellarstation: str
    aws: str


FOREIGN_STATES = {
    ContactState.TENTATIVE: ForeignStates("TENTATIVE", "", "SCHEDULING"),
    ContactState.COMMITTED: ForeignStates("COMMITTED", "RESERVED", "SCHEDULED"),
    ContactState.ACTIVE: ForeignStates("COMMITTED", "EXECUTING", "PASS"),
    ContactState.COMPLETED: ForeignStates("COMMITTED", "SUCCEEDED", "COMPLETED"),
    ContactState.REJECTED: ForeignStates("", "", "FAILED_TO_SCHEDULE"),
    ContactState.CANCELLED: ForeignStates("", "CANCELED", "CANCELLED"),
    ContactState.FAILED: ForeignStates("", "FAILED", "FAILED"),
}
"""Names of each state in other formats. 902.1 has no state for a contact that no longer holds an antenna: such
contacts are not in a schedule."""

GONE = (ContactState.CANCELLED, ContactState.REJECTED, ContactState.FAILED)
"""States of contacts that no longer hold an antenna, and did not take place."""
