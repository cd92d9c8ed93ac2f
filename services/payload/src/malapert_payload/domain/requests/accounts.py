"""Agencies' accounts: what each requested, has planned, was given and was refunded, from requests and reports."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.expansion import wanted_count
from malapert_payload.domain.expansion.prediction import Prediction, predict
from malapert_payload.domain.requests.execution import REFUNDED, Execution, ExecutionOutcome
from malapert_payload.domain.requests.request import ActivityRequest, RequestState

_ASKED = frozenset({RequestState.ACCEPTED, RequestState.PLANNED, RequestState.PROCESSING, RequestState.PROCESSED})


@dataclass(frozen=True, slots=True)
class AccountLine:
    """Repetitions with their value in points and what they take."""

    repetition_count: int = 0
    value: float = 0.0
    duration_s: float = 0.0
    energy_wh: float = 0.0
    data_bit: float = 0.0

    def plus(self, other: "AccountLine") -> "AccountLine":
        """Return the sum of two lines."""
        return AccountLine(
            self.repetition_count + other.repetition_count,
            self.value + other.value,
            self.duration_s + other.duration_s,
            self.energy_wh + other.energy_wh,
            self.data_bit + other.data_bit,
        )


@dataclass(frozen=True, slots=True)
class AgencyAccount:
    """Account of an agency; the promised share is None where the mission promises none."""

    agency_id: str
    promised_share: float | None
    asked: AccountLine
    planned: AccountLine
    done: AccountLine
    refunded: AccountLine
    value_share: float


def accounts(
    catalogue: Catalogue, requests: Iterable[ActivityRequest], executions: Mapping[str, Sequence[Execution]]
) -> tuple[AgencyAccount, ...]:
    """Return the accounts of a mission's agencies, by agency.

    Parameters
    ----------
    catalogue : Catalogue
    requests : iterable of ActivityRequest
        All of the mission.
    executions : mapping of str to sequence of Execution
        The reports by request.

    Notes
    -----
    Every repetition counts an even part of its request's value. What was done counts the energy and data that were
    measured, else those that were predicted: of modes those of the one that is worth most.
    """
    lines: dict[tuple[str, str], AccountLine] = defaultdict(AccountLine)

    def enter(agency_id: str, name: str, line: AccountLine) -> None:
        lines[agency_id, name] = lines[agency_id, name].plus(line)

    for request in requests:
        if catalogue.activity_type(request.activity_type_id, request.activity_type_version) is None:
            continue
        total = wanted_count(request, catalogue)
        told = max(predict(request, catalogue), key=lambda prediction: prediction.share)
        if request.state in _ASKED:
            enter(request.agency_id, "asked", _line(request, told, total, total - len(request.standing.abandoned)))
        held = request.standing.slots
        if held:
            enter(request.agency_id, "planned", _line(request, told, total, held))
        for execution in executions.get(request.request_id, ()):
            line = _line(request, told, total, 1, execution)
            if execution.outcome == ExecutionOutcome.DONE:
                enter(request.agency_id, "done", line)
            elif execution.outcome in REFUNDED:
                enter(request.agency_id, "refunded", line)
    shares = {share.agency_id: share.share.value for share in catalogue.agency_shares if share.share is not None}
    whole = sum(lines[agency_id, name].value for agency_id in catalogue.agency_ids for name in ("planned", "done"))
    return tuple(
        AgencyAccount(
            agency_id,
            shares.get(agency_id),
            lines[agency_id, "asked"],
            lines[agency_id, "planned"],
            lines[agency_id, "done"],
            lines[agency_id, "refunded"],
            sum(lines[agency_id, name].value for name in ("planned", "done")) / whole if whole else 0.0,
        )
        for agency_id in sorted(catalogue.agency_ids)
    )


def _line(
    request: ActivityRequest, told: Prediction, total: int, count: int, measured: Execution | None = None
) -> AccountLine:
    return AccountLine(
        count,
        request.value * count / total,
        told.duration_s * count,
        (measured.energy_wh if measured else 0.0) or told.energy_wh * count,
        (measured.data_bit if measured else 0.0) or told.data_bit * count,
    )
