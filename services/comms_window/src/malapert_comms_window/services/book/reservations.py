"""Reserving contacts. Calls that come at once share one transaction, in the order of their coming.

Each call still gets all of its contacts or none: whether it may is decided in memory, under the locks of all antennas
and agencies concerned, before anything is written. What fails as a whole, such as the database, fails for every call in
it.
"""

import asyncio
import contextvars
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from malapert_core.db.database import Database
from malapert_core.db.idempotency import Remembered, recall_all, remember_all
from malapert_core.errors import ConflictError, Fault, InvalidInputError, MalapertError
from malapert_core.policy.charter import Part
from malapert_core.policy.charters import Charters, enter
from malapert_core.policy.identity import Identity
from malapert_core.timestamps import EARLIEST_TIME, LATEST_TIME
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.agreements import HIGHEST_PRIORITY
from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.services.book.alternates import AlternateFinder
from malapert_comms_window.services.book.book_reading import BookReader
from malapert_comms_window.services.book.decisions import Asking, Decider, Decision, Known, Reservation
from malapert_comms_window.services.book.writing import BookWriter
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.ownership import StationOwners

MAX_HOLD_S = 90 * 86_400.0
_CALLS_AT_ONCE = 64
_LINGER_S = 0.02
_ALTERNATES_IN_REFUSAL = 3


@dataclass(slots=True)
class _Call:
    """One call that waits: what it asks, and where its answer goes."""

    asking: Asking
    answer: asyncio.Future[list[Contact]]

    @property
    def key(self) -> tuple[str, str]:
        return f"reserve_contacts:{self.asking.identity.agency_id}", self.asking.reservation.idempotency_key


class ReservationService:
    """Reserves contacts. Whoever changes bookings of an antenna locks it first, so that one of two wins.

    Parameters
    ----------
    database : Database
    reader : BookReader
    writer : BookWriter
    decider : Decider
    charters : Charters
    owners : StationOwners
    alternates : AlternateFinder
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        reader: BookReader,
        writer: BookWriter,
        decider: Decider,
        charters: Charters,
        owners: StationOwners,
        alternates: AlternateFinder,
        clock: Clock,
    ) -> None:
        self._database = database
        self._reader = reader
        self._writer = writer
        self._decider = decider
        self._charters = charters
        self._owners = owners
        self._alternates = alternates
        self._clock = clock
        self._waiting: deque[_Call] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def reserve(self, reservation: Reservation, identity: Identity) -> list[Contact]:
        """Reserve every asked contact or none, and return them in the order asked.

        Raises
        ------
        InvalidInputError
            ``INVALID_RESERVATION`` or ``INVALID_CONTACTS`` with every fault.
        NotFoundError
            ``UNKNOWN_MISSION`` for an agency outside of the mission.
        PermissionDeniedError
            ``FORBIDDEN`` for a member that is no planner of the mission.
        ConflictError
            ``CONTACT_CONFLICT`` naming what is in the way, with alternates; ``IDEMPOTENCY_KEY_REUSED``.
        ExhaustedError
            ``TOO_MANY_HOLDS``.
        """
        _check_reservation(reservation)
        charter = await enter(self._charters, identity, reservation.mission_id, Part.PLANNER)
        asking = Asking(
            reservation,
            identity,
            self._owners.owned_by(identity.agency_id),
            charter.asset_ids if charter else frozenset(),
            # Events carry the trace of the call that they were decided in.
            contextvars.copy_context(),
        )
        call = _Call(asking, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._worker is None:
            self._worker = asyncio.create_task(self._serve(), context=contextvars.Context())
        try:
            return await call.answer
        except MalapertError as refusal:
            if refusal.reason == "CONTACT_CONFLICT":
                refusal.metadata["alternates"] = await self._alternates_text(reservation, refusal)
            raise

    async def _serve(self) -> None:
        """Do the waiting calls until there are none; where calls come thick, wait a little for more of them."""
        count = 0
        try:
            while self._waiting:
                if count > 1 and len(self._waiting) < _CALLS_AT_ONCE // 2:
                    await asyncio.sleep(_LINGER_S)
                count = min(len(self._waiting), _CALLS_AT_ONCE)
                await self._settle([self._waiting.popleft() for _ in range(count)])
        finally:
            self._worker = None

    async def _settle(self, calls: Sequence[_Call]) -> None:
        calls = [call for call in calls if not call.answer.done()]  # those whose callers have gone are not done
        answers: list[list[Contact] | Exception]
        try:
            answers = await self._reserve_all(calls)
        except IntegrityError:
            # The twin of a call, or another call of its key, was done in another process meanwhile: each for itself, so
            # that only that one is told.
            answers = [await self._alone(call) for call in calls]
        except Exception as error:
            answers = [error] * len(calls)
        for call, answer in zip(calls, answers, strict=True):
            if call.answer.done():
                continue
            if isinstance(answer, Exception):
                call.answer.set_exception(answer)
            else:
                call.answer.set_result(answer)

    async def _alone(self, call: _Call) -> list[Contact] | Exception:
        """Reserve for one call, and return its contacts or its refusal."""
        try:
            return (await self._reserve_all([call]))[0]
        except IntegrityError:
            key = call.asking.reservation.idempotency_key
            message = f"a request with key {key!r} was just finished; ask again"
            return ConflictError("IDEMPOTENCY_KEY_IN_USE", message, metadata={"key": key})
        except Exception as error:
            return error

    async def _reserve_all(self, calls: Sequence[_Call]) -> list[list[Contact] | Exception]:
        """Reserve for each call, in one transaction, and return its contacts or its refusal."""
        if not calls:
            return []
        askings = [call.asking for call in calls]
        async with self._database.transaction() as session:
            known = await self._reader.locked(session, askings)
            # Asked once all is locked: a twin of a call has then either ended or not begun.
            earlier = await recall_all(session, [call.key for call in calls])
            fresh: dict[tuple[str, str], Remembered] = {}
            answers: list[list[Contact] | Exception] = []
            decided: list[tuple[Asking, Decision]] = []
            for call in calls:
                try:
                    contacts = await self._answer(session, call, known, earlier, decided)
                except MalapertError as refusal:
                    answers.append(refusal)
                    continue
                answers.append(contacts)
                if call.key not in earlier:
                    content = json.dumps([contact.contact_id for contact in contacts]).encode()
                    earlier[call.key] = fresh[call.key] = Remembered(call.asking.reservation.request_hash, content)
            await self._writer.write(session, decided)
            await remember_all(session, fresh)
        return answers

    async def _answer(
        self,
        session: AsyncSession,
        call: _Call,
        known: Known,
        earlier: Mapping[tuple[str, str], Remembered],
        decided: list[tuple[Asking, Decision]],
    ) -> list[Contact]:
        """Return a call's contacts: those of its twin as they stand now, or those that are decided on."""
        reservation = call.asking.reservation
        twin = earlier.get(call.key)
        if twin is not None:
            contact_ids: list[str] = json.loads(
                twin.response_for(reservation.idempotency_key, reservation.request_hash)
            )
            return await self._reader.present(session, known, contact_ids)
        decision = self._decider.decide(call.asking, known)
        decided.append((call.asking, decision))
        return decision.added

    async def _alternates_text(self, reservation: Reservation, refusal: MalapertError) -> str:
        """Return alternates of the first request that something is in the way of, as JSON."""
        index = int(refusal.faults[0].path.removeprefix("requests[").removesuffix("]"))
        found = await self._alternates.find(reservation.requests[index], _ALTERNATES_IN_REFUSAL, reservation.mission_id)
        return json.dumps(
            [
                {
                    "station_id": each.station_id,
                    "start_time": each.start_time.isoformat(),
                    "end_time": each.end_time.isoformat(),
                    "window_id": each.window_id,
                }
                for each in found
            ]
        )


def _check_reservation(reservation: Reservation) -> None:
    faults = []
    if not reservation.idempotency_key:
        faults.append(Fault("idempotency_key", "MISSING", "a key that makes a repeated call harmless is needed"))
    if not reservation.mission_id:
        faults.append(Fault("mission_id", "MISSING", "the mission is needed"))
    if not 0.0 <= reservation.hold_s <= MAX_HOLD_S:
        faults.append(Fault("hold_s", "OUT_OF_RANGE", f"{reservation.hold_s} is not in 0 to {MAX_HOLD_S:g} seconds"))
    if reservation.priority > HIGHEST_PRIORITY:
        message = f"{reservation.priority} is not in 0 to {HIGHEST_PRIORITY}"
        faults.append(Fault("priority", "OUT_OF_RANGE", message))
    if reservation.bump and not reservation.commit:
        faults.append(Fault("bump", "NOT_USED", "only what is committed displaces others"))
    for index, request in enumerate(reservation.requests):
        faults += [
            Fault(f"requests[{index}].{name}", "INVALID_TIME", f"{time.isoformat()} is beyond the years that are taken")
            for name, time in (("start_time", request.start_time), ("end_time", request.end_time))
            if not EARLIEST_TIME <= time < LATEST_TIME
        ]
    if faults:
        raise InvalidInputError("INVALID_RESERVATION", f"the reservation has {len(faults)} faults", faults=faults)
