"""What a plan's approvals prove without the platform, as one JSON document."""

import asyncio
from typing import Any

from malapert.planner.v1 import plan_pb2
from malapert_core.signing.canonical import canonical_bytes
from malapert_core.signing.sealing import HASH_PREFIX
from malapert_core.signing.sign_off_form import rule_content
from malapert_core.signing.verification import FORM
from malapert_core.timestamps import format_time

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.reviews import Review, knows_notices
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import redacted_copy


async def approvals_document(plan: Plan, secret: bytes, eyes: PlanEyes) -> bytes:
    """Return a plan's content as a principal sees it with its proof, its sign-off terms and reviews, as canonical JSON.

    A plan of before contents were sealed has none to show: its hash cannot be found from a part of it.
    """
    terms = plan.sign_off_terms
    deadline = terms.deadline_time
    return canonical_bytes(
        {
            "form": FORM,
            "plan_id": plan.plan_id,
            "mission_id": plan.content.mission_id,
            "mission_version": plan.content.mission_version,
            "state": plan.state.value,
            "content_hash": plan.content.content_hash,
            "entries": await asyncio.to_thread(_entries, plan, secret, eyes),
            "notices_hash": plan.notices_hash if eyes.see_all else "",
            "agency_notices_hashes": {each.agency_id: _notices_hash(plan, each, eyes) for each in plan.reviews},
            "sign_off": {
                "rule": rule_content(terms.rule),
                "groups": {group.value: list(agencies) for group, agencies in sorted(terms.groups.items())},
                "deadline_time": None if deadline is None else format_time(deadline),
            },
            "reviews": [_review(review) for review in plan.reviews],
        }
    )


def _entries(plan: Plan, secret: bytes, eyes: PlanEyes) -> list[dict[str, Any]]:
    if not plan.content.content_hash.startswith(HASH_PREFIX):
        return []
    content_hash, entries = redacted_copy(plan_pb2.Plan.FromString(plan.content.message), secret, eyes)
    if content_hash != plan.content.content_hash:
        raise ValueError(f"the content of plan {plan.plan_id} is not that of its hash")
    return entries


def _notices_hash(plan: Plan, review: Review, eyes: PlanEyes) -> str:
    """Return the hash of the notices that touch an agency now, as far as it tells a principal nothing of hidden ones.

    Whether an approval counts everybody is told; how often there were further notices since is not.
    """
    if eyes.see_all or review.agency_id == eyes.agency_id:
        return plan.agency_notices_hash(review.agency_id)
    return review.notices_hash if knows_notices(review.notices_hash, review.agency_id, plan.notices) else ""


def _review(review: Review) -> dict[str, Any]:
    return {
        "agency_id": review.agency_id,
        "approved": review.approved,
        "decision": review.decision.value,
        "content_hash": review.content_hash,
        "notices_hash": review.notices_hash,
        "time": format_time(review.time),
        "conditions": [{"text": each.text, "state": each.state.value} for each in review.conditions],
        "delegate_agency_id": review.delegate_agency_id,
        "signature": review.signature,
    }
