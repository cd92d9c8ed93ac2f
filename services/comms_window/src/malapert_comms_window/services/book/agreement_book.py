"""Agreements within a transaction: which of them commits a contact, and the hours that are left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.agreements import Agreement, charged_span, months_of
from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.storage.agreements import AgreementStore
from malapert_comms_window.storage.contacts import ContactStore

_MONTH = timedelta(days=31)


class AgreementBook:
    """Agreements and the antenna time that contacts have used of each in each month.

    Exact under `ContactStore.lock_bookers`: nobody but the agency that books uses its agreements.
    """

    def __init__(self, agreements: Iterable[Agreement], contacts: Iterable[Contact] = ()) -> None:
        self._agreements = tuple(agreements)
        self._used: Counter[tuple[str, str]] = Counter()
        for contact in contacts:
            self._count(contact, 1)

    @classmethod
    async def read(
        cls,
        session: AsyncSession,
        agreements: AgreementStore,
        contacts: ContactStore,
        partner_agency_ids: Collection[str],
        span: tuple[datetime, datetime] | None,
    ) -> AgreementBook:
        """Return the agreements of agencies that book within a span of occupied time."""
        if span is None:
            return cls(())
        found = await agreements.of_partners(session, partner_agency_ids, span)
        if not found:
            return cls(())
        # Whole months on either side, so that each month that the span meets is counted whole.
        counted = await contacts.of_agreements(
            session, [each.agreement_id for each in found], (span[0] - _MONTH, span[1] + _MONTH)
        )
        return cls(found, counted)

    def copy(self) -> AgreementBook:
        """Return a book on which a trial leaves this one as it is."""
        other = AgreementBook(self._agreements)
        other._used = self._used.copy()
        return other

    def commit(self, contact: Contact) -> Agreement | None:
        """Return the agreement that commits a contact and count its hours; None where none covers it.

        The highest priority comes first, then what is for the one mission, then the fewest hours left.
        """
        parts = list(months_of(contact.occupied_start_time, contact.occupied_end_time))
        fitting = [
            (-each.priority, not each.mission_id, self._left(each, parts), each.agreement_id, each)
            for each in self._agreements
            if each.covers(contact) and self._left(each, parts) >= timedelta(0)
        ]
        if not fitting:
            return None
        agreement = min(fitting, key=lambda each: each[:4])[4]
        for month, time in parts:
            self._used[agreement.agreement_id, month] += _microseconds(time)
        return agreement

    def give_back(self, before: Contact, after: Contact) -> None:
        """Count a contact as it is after a change."""
        self._count(before, -1)
        self._count(after, 1)

    def _left(self, agreement: Agreement, parts: Collection[tuple[str, timedelta]]) -> timedelta:
        """Return the time that is left in the scarcest month once the parts of a contact are counted."""
        monthly = agreement.monthly
        used = {month: timedelta(microseconds=self._used[agreement.agreement_id, month]) for month, _ in parts}
        return min(monthly - used[month] - time for month, time in parts)

    def _count(self, contact: Contact, sign: int) -> None:
        span = charged_span(contact)
        if contact.agreement_id and span is not None:
            for month, time in months_of(*span):
                self._used[contact.agreement_id, month] += sign * _microseconds(time)


def _microseconds(time: timedelta) -> int:
    return time // timedelta(microseconds=1)
