"""Reviews and sign-off terms as plain data of a plan's row."""

from dataclasses import asdict
from typing import Any

from malapert_core.signing.sign_off import SignOffGroup
from malapert_core.signing.sign_off_form import rule_content, rule_of
from malapert_core.timestamps import format_time, parse_time

from malapert_planner.domain.life.reviews import Condition, ConditionState, Decision, Review, SignOff


def review_columns(review: Review) -> dict[str, Any]:
    """Return a review as plain data."""
    return {**asdict(review), "time": format_time(review.time)}


def review_of(columns: dict[str, Any]) -> Review:
    """Return the review that plain data states; one of before conditions were recorded has none."""
    conditions = tuple(
        Condition(**{**condition, "state": ConditionState(condition["state"])})
        for condition in columns.get("conditions", ())
    )
    decision = Decision(columns.get("decision", Decision.UNSPECIFIED))
    time = parse_time(columns["time"])
    return Review(**{**columns, "time": time, "decision": decision, "conditions": conditions})


def sign_off_columns(sign_off: SignOff | None) -> dict[str, Any]:
    """Return sign-off terms as plain data, empty for none."""
    if sign_off is None:
        return {}
    return {
        "rule": rule_content(sign_off.rule),
        "groups": {group.value: list(agencies) for group, agencies in sign_off.groups.items()},
        "submitted_time": None if sign_off.submitted_time is None else format_time(sign_off.submitted_time),
    }


def sign_off_of(columns: dict[str, Any]) -> SignOff | None:
    """Return the sign-off terms that plain data states."""
    if not columns:
        return None
    submitted = columns["submitted_time"]
    return SignOff(
        rule_of(columns["rule"]),
        {SignOffGroup(group): tuple(agencies) for group, agencies in columns["groups"].items()},
        None if submitted is None else parse_time(submitted),
    )
