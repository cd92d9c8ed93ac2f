"""States of activities in a problem: the disturbances that some activity makes and another needs to be absent."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from malapert.payload.v1 import mode_pb2, request_pb2

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.conditions import Condition, ConditionKind

_SILENCE = Condition(ConditionKind.SILENCE)


def with_states(drafts: Sequence[request_pb2.ActivityDraft], activities: Sequence[Activity]) -> tuple[Activity, ...]:
    """Return activities with their disturbances, without those that nobody makes or that disturb nobody.

    Contacts make radio emission: what needs quiet of it needs silence.
    """
    matter = {number for draft in drafts for number in draft.makes}
    matter &= {number for draft in drafts for number in draft.needs_quiet}
    return tuple(
        replace(
            activity,
            makes=_names(draft.makes, matter),
            needs_quiet=_names(draft.needs_quiet, matter),
            conditions=_with_silence(activity.conditions, draft.needs_quiet),
        )
        for draft, activity in zip(drafts, activities, strict=True)
    )


def _names(
    numbers: "Iterable[mode_pb2.Disturbance.ValueType]", matter: "set[mode_pb2.Disturbance.ValueType]"
) -> tuple[str, ...]:
    names = (mode_pb2.Disturbance.Name(number) for number in numbers if number in matter)
    return tuple(name.removeprefix("DISTURBANCE_").lower() for name in names)


def _with_silence(conditions: tuple[Condition, ...], needs_quiet: Iterable[int]) -> tuple[Condition, ...]:
    if mode_pb2.DISTURBANCE_RADIO not in needs_quiet or _SILENCE in conditions:
        return conditions
    return (*conditions, _SILENCE)
