"""Verification of a plan's exported approvals without the platform: content, signatures, and the sign-off rule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from joserfc.jwk import OKPKey

from malapert_core.errors import Fault, InvalidInputError, MalapertError
from malapert_core.signing.opening import Opened, open_copy
from malapert_core.signing.sealing import HASH_PREFIX
from malapert_core.signing.sign_off import Groups, SignOffGroup, SignOffRule, agencies_of, standing_of
from malapert_core.signing.sign_off_form import rule_of
from malapert_core.signing.statement import ReviewStatement, verified_statement
from malapert_core.timestamps import parse_time

FORM = "malapert-approvals/1"
MAX_BYTES = 64 * 1024 * 1024
"""Largest length of a document that is verified."""
_MOST_REVIEWS = 1000
_TEXTS = ("plan_id", "mission_id", "state", "content_hash", "notices_hash")
_REVIEW_TEXTS = ("agency_id", "decision", "content_hash", "notices_hash", "time", "delegate_agency_id", "signature")
_STATES = ("OPEN", "MET", "WAIVED")


class Outcome(StrEnum):
    """Outcome of a check: proven, only stated by whoever made the document, or failed."""

    PROVEN = "proven"
    STATED = "stated"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """Outcome of one check, for a person."""

    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Findings on a document; ``opened`` is what of the content it shows, None where none can be proven."""

    findings: tuple[Finding, ...]
    opened: Opened | None

    @property
    def holds(self) -> bool:
        """True where no check failed."""
        return all(finding.outcome is not Outcome.FAILED for finding in self.findings)


def verify_approvals(
    document: Any, keys: Mapping[str, Sequence[OKPKey]], now: datetime, *, signed_only: bool = False
) -> Verification:
    """Return what a document proves with the keys of agencies.

    Parameters
    ----------
    document
        Plain JSON, as the platform exports it.
    keys
        The public keys of each agency, known otherwise than by the document.
    signed_only
        Counts an approval only where a key proves it, whatever the rule says.

    Raises
    ------
    InvalidInputError
        ``INVALID_APPROVALS`` where it has not the form, with every place that is wrong.
    """
    _require_form(document)
    rule, groups = rule_of(document["sign_off"]["rule"], "sign_off.rule"), _groups(document["sign_off"])
    deadline = _time(document["sign_off"], "deadline_time", "sign_off.")
    findings: list[Finding] = []
    opened = _content(document, findings)
    counted, proven = set[str](), set[str]()
    for review in document["reviews"]:
        outcome = _review(document, review, keys, findings)
        if outcome is not Outcome.FAILED and _counts(document, review, findings):
            counted.add(review["agency_id"])
            if outcome is Outcome.PROVEN:
                proven.add(review["agency_id"])
    said = {review["agency_id"] for review in document["reviews"]}
    if rule.silence_is_consent and deadline is not None and now >= deadline:
        counted |= agencies_of(rule, groups) - said
    only_signed = signed_only or rule.signatures_required
    findings.append(_rule(rule, groups, proven if only_signed else counted, proven))
    return Verification(tuple(findings), opened)


def _content(document: Mapping[str, Any], findings: list[Finding]) -> Opened | None:
    stated = document["content_hash"]
    if not stated.startswith(HASH_PREFIX):
        findings.append(Finding(Outcome.FAILED, f"{stated} is a hash from which no part of a content can be proven"))
        return None
    opened = open_copy(document["entries"])
    if opened.content_hash != stated:
        findings.append(Finding(Outcome.FAILED, f"the content is not that of {stated}: it has {opened.content_hash}"))
        return None
    parts = sum(len(entry.withheld) for entry in opened.entries)
    text = f"what is shown is of the content {stated}: {len(opened.entries)} entries"
    if opened.closed_count or parts:
        text += f", {parts} parts of them withheld, {opened.closed_count} leaves not opened"
    findings.append(Finding(Outcome.PROVEN, text))
    missions = [entry.parts.get("content") for entry in opened.entries if entry.section == "mission"]
    if [isinstance(m, dict) and m.get("mission_id") for m in missions] != [document["mission_id"]]:
        findings.append(Finding(Outcome.FAILED, f"the content is not of mission {document['mission_id']!r}"))
    return opened


def _review(
    document: Mapping[str, Any],
    review: Mapping[str, Any],
    keys: Mapping[str, Sequence[OKPKey]],
    findings: list[Finding],
) -> Outcome:
    what = f"{review['agency_id']}: {review['decision'].lower()}"
    if not review["signature"]:
        findings.append(Finding(Outcome.STATED, f"{what}, without a signature"))
        return Outcome.STATED
    known = keys.get(review["agency_id"])
    if known is None:
        findings.append(Finding(Outcome.STATED, f"{what}, with a signature whose keys were not given"))
        return Outcome.STATED
    try:
        statement = verified_statement(review["signature"], known)
    except MalapertError as error:
        findings.append(Finding(Outcome.FAILED, f"{what}: {error.message}"))
        return Outcome.FAILED
    if wrong := list(_differences(document, review, statement)):
        findings.append(Finding(Outcome.FAILED, f"{what}: what is signed says otherwise: {', '.join(wrong)}"))
        return Outcome.FAILED
    text = f"{what}, signed by its key at {statement.content()['predicate']['time']} for this content"
    findings.append(Finding(Outcome.PROVEN, text))
    return Outcome.PROVEN


def _differences(document: Mapping[str, Any], review: Mapping[str, Any], statement: ReviewStatement) -> Iterator[str]:
    wanted = {
        "plan_id": document["plan_id"],
        "mission_id": document["mission_id"],
        "content_hash": review["content_hash"],
        "agency_id": review["agency_id"],
        "decision": review["decision"],
        "conditions": tuple(condition["text"] for condition in review["conditions"]),
        "notices_hash": review["notices_hash"],
    }
    for name, value in wanted.items():
        if getattr(statement, name) != value:
            yield name


def _counts(document: Mapping[str, Any], review: Mapping[str, Any], findings: list[Finding]) -> bool:
    """Tell whether a review counts as an approval; one for another content fails, whoever signed it."""
    name = review["agency_id"]
    if not review["approved"] or review["decision"] not in ("APPROVED", "CONDITIONAL", "UNSPECIFIED"):
        return False
    if review["content_hash"] != document["content_hash"]:
        findings.append(Finding(Outcome.FAILED, f"{name} approved another content: {review['content_hash']}"))
        return False
    of_agencies = document.get("agency_notices_hashes", {})
    # An older signer speaks of all notices, not of those that touch it.
    if review["notices_hash"] not in ("", of_agencies.get(name), document["notices_hash"]):
        text = f"{name}: the plan has had further notices since its approval that touch it"
        findings.append(Finding(Outcome.STATED, text))
        return False
    still_open = [condition["text"] for condition in review["conditions"] if condition["state"] == "OPEN"]
    if still_open:
        findings.append(Finding(Outcome.FAILED, f"{name}: open condition: {'; '.join(still_open)}"))
        return False
    if review["conditions"]:
        findings.append(Finding(Outcome.STATED, f"{name}: its conditions are met or waived"))
    return True


def _rule(rule: SignOffRule, groups: Groups, counted: set[str], proven: set[str]) -> Finding:
    standing = standing_of(rule, groups, counted)
    if not standing.fulfilled:
        return Finding(Outcome.FAILED, standing.text)
    is_proven = standing_of(rule, groups, proven).fulfilled
    by = "by signatures" if is_proven else "by what the platform states"
    return Finding(Outcome.PROVEN if is_proven else Outcome.STATED, f"{standing.text} {by}")


def _require_form(document: Any) -> None:
    if not isinstance(document, dict) or document.get("form") != FORM:
        _refuse([Fault("form", "WRONG_FORM", f"a document of the form {FORM} is allowed")])
    untold = (name for name in _TEXTS if not isinstance(document.get(name), str))
    faults = [Fault(name, "WRONG_FORM", "a text is allowed") for name in untold]
    of_agencies = document.get("agency_notices_hashes", {})
    if not isinstance(of_agencies, dict) or not all(isinstance(each, str) for each in of_agencies.values()):
        faults.append(Fault("agency_notices_hashes", "WRONG_FORM", "an object of texts by agency is allowed"))
    if not isinstance(document.get("sign_off"), dict) or "rule" not in document["sign_off"]:
        faults.append(Fault("sign_off", "WRONG_FORM", "an object with rule, groups and deadline_time is allowed"))
    reviews = document.get("reviews")
    if not isinstance(reviews, list) or len(reviews) > _MOST_REVIEWS:
        faults.append(Fault("reviews", "WRONG_FORM", f"a list of at most {_MOST_REVIEWS} reviews is allowed"))
        reviews = []
    for index, review in enumerate(reviews):
        faults += _review_faults(review, f"reviews[{index}]")
    agencies = [review.get("agency_id") for review in reviews if isinstance(review, dict)]
    if len(set(map(str, agencies))) < len(agencies):
        faults.append(Fault("reviews", "DUPLICATE", "an agency has one review"))
    if faults:
        _refuse(faults[:100])


def _review_faults(review: Any, path: str) -> Iterator[Fault]:
    if not isinstance(review, dict):
        yield Fault(path, "WRONG_FORM", "an object is allowed")
        return
    for name in _REVIEW_TEXTS:
        if not isinstance(review.get(name), str):
            yield Fault(f"{path}.{name}", "WRONG_FORM", "a text is allowed")
    if not isinstance(review.get("approved"), bool):
        yield Fault(f"{path}.approved", "WRONG_FORM", "true or false is allowed")
    conditions = review.get("conditions")
    is_list = isinstance(conditions, list) and all(
        isinstance(each, dict) and isinstance(each.get("text"), str) and each.get("state") in _STATES
        for each in conditions
    )
    if not is_list:
        yield Fault(
            f"{path}.conditions", "WRONG_FORM", f"texts, each with a state of {', '.join(_STATES)}, are allowed"
        )


def _groups(sign_off: Mapping[str, Any]) -> Groups:
    groups = sign_off.get("groups")
    is_sound = isinstance(groups, dict) and all(
        name in set(SignOffGroup)
        and isinstance(agencies, list)
        and len(agencies) <= _MOST_REVIEWS
        and all(isinstance(agency, str) for agency in agencies)
        for name, agencies in groups.items()
    )
    if not isinstance(groups, dict) or not is_sound:
        _refuse([Fault("sign_off.groups", "WRONG_FORM", f"lists of agencies by {', '.join(SignOffGroup)} are allowed")])
        raise AssertionError("a fault was told")
    return {SignOffGroup(name): tuple(agencies) for name, agencies in groups.items()}


def _time(content: Mapping[str, Any], name: str, path: str) -> datetime | None:
    value = content.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        _refuse([Fault(f"{path}{name}", "WRONG_FORM", "a time or null is allowed")])
    return parse_time(value)


def _refuse(faults: list[Fault]) -> None:
    raise InvalidInputError("INVALID_APPROVALS", "the document is no export of approvals", faults=faults)
