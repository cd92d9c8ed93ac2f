"""The command `malapert plan sign`: an agency's review of a plan, signed by its own key on this machine."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from malapert_core.signing.statement import Decision, ReviewStatement, sign_statement
from malapert_core.timestamps import utc_now

from malapert_cli.options import Place, asking
from malapert_cli.refusing import MISUSED, refusal
from malapert_cli.signing_keys import private_key
from malapert_cli.terminal import console

if TYPE_CHECKING:
    from malapert_client.generated.platform import LimitedCaller
    from malapert_http_models.contracts.planner import Plan

CONTENT_HASH = re.compile(r"(merkle-)?sha256:[0-9a-f]{64}")


class Say(StrEnum):
    """What is said of a plan."""

    APPROVE = "approve"
    REJECT = "reject"


@asking
def sign(
    plan: Annotated[str, typer.Argument(help="identifier of the plan under review")],
    private_key_file: Annotated[Path, typer.Option("--private-key", help="the agency's Ed25519 key: PEM or JWK")],
    content_hash: Annotated[
        str, typer.Option(help="content hash that was looked at, as `malapert plan verify` shows it")
    ],
    say: Annotated[Say, typer.Option(help="what is said")] = Say.APPROVE,
    condition: Annotated[list[str] | None, typer.Option(help="what must be before it counts, repeated")] = None,
    comment: Annotated[str, typer.Option(help="why")] = "",
    *,
    place: Place,
) -> None:
    """Review a plan for the caller's agency and sign it; the private key does not leave this machine."""
    from malapert_http_models.contracts.planner import NewReviewCondition, ReviewPlan

    if not CONTENT_HASH.fullmatch(content_hash):
        raise refusal("--content-hash is merkle-sha256: or sha256: and 64 hexadecimal digits", MISUSED)
    signer, conditions = private_key(private_key_file), condition or []
    with place.client(usual_role="APPROVER") as client:
        caller, seen = client.who_am_i(), client.get_plan(plan)
        statement = _statement(caller, seen, content_hash, _decision(say, conditions), conditions)
        body = ReviewPlan(
            content_hash=content_hash,
            approve=say is Say.APPROVE,
            comment=comment,
            conditions=[NewReviewCondition(text=text) for text in conditions],
            notices_hash=statement.notices_hash,
            signature=sign_statement(statement, signer),
        )
        reviewed = client.review_plan(plan, body)
    console.print(f"{statement.agency_id} {statement.decision.lower()}: {reviewed.state}", markup=False)


def _decision(say: Say, conditions: list[str]) -> Decision:
    if say is Say.REJECT:
        return Decision.REJECTED
    return Decision.CONDITIONAL if conditions else Decision.APPROVED


def _statement(
    caller: "LimitedCaller", plan: "Plan", content_hash: str, decision: Decision, conditions: list[str]
) -> ReviewStatement:
    return ReviewStatement(
        plan_id=plan.plan_id,
        mission_id=plan.mission_id,
        content_hash=content_hash,
        agency_id=caller.agency_id,
        decision=decision,
        conditions=tuple(conditions),
        notices_hash=plan.agency_notices_hash or plan.notices_hash,
        principal_id=caller.principal_id,
        time=utc_now(),
    )
