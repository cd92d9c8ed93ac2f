"""Sign-off rules as plain JSON, in which they are stored and exported."""

from typing import Any

from malapert_core.errors import Fault, InvalidInputError
from malapert_core.signing.sign_off import MAX_TERMS, SignOffGroup, SignOffKind, SignOffRule, SignOffTerm

_RULE = {"term", "signatures_required", "deadline_s", "silence_is_consent"}
_TERM = {"kind", "agency_ids", "group", "terms", "count"}


def rule_content(rule: SignOffRule) -> dict[str, Any]:
    """Return a rule as plain JSON."""
    return {
        "term": _term_content(rule.term),
        "signatures_required": rule.signatures_required,
        "deadline_s": rule.deadline_s,
        "silence_is_consent": rule.silence_is_consent,
    }


def rule_of(content: Any, path: str = "rule") -> SignOffRule:
    """Return the rule that plain JSON states.

    Raises
    ------
    InvalidInputError
        ``INVALID_SIGN_OFF_RULE`` with what is wrong and where.
    """
    _require(isinstance(content, dict) and set(content) == _RULE, path, f"an object with {', '.join(sorted(_RULE))}")
    flags = (content["signatures_required"], content["silence_is_consent"])
    _require(all(isinstance(flag, bool) for flag in flags), path, "true or false for its flags")
    deadline_s = content["deadline_s"]
    is_number = isinstance(deadline_s, int | float) and not isinstance(deadline_s, bool)
    _require(is_number and 0 <= deadline_s < 1e9, f"{path}.deadline_s", "a number of seconds from 0")
    return SignOffRule(_term(content["term"], f"{path}.term", 1), flags[0], float(deadline_s), flags[1])


def _term_content(term: SignOffTerm) -> dict[str, Any]:
    return {
        "kind": term.kind.value,
        "agency_ids": list(term.agency_ids),
        "group": term.group.value,
        "terms": [_term_content(part) for part in term.terms],
        "count": term.count,
    }


def _term(content: Any, path: str, depth: int) -> SignOffTerm:
    _require(isinstance(content, dict) and set(content) == _TERM, path, f"an object with {', '.join(sorted(_TERM))}")
    agencies, terms, count = content["agency_ids"], content["terms"], content["count"]
    is_list = isinstance(agencies, list) and len(agencies) <= MAX_TERMS and all(isinstance(a, str) for a in agencies)
    _require(is_list, f"{path}.agency_ids", f"at most {MAX_TERMS} texts")
    _require(isinstance(terms, list) and len(terms) <= MAX_TERMS and depth <= 4, f"{path}.terms", "a short list")
    _require(isinstance(count, int) and 0 <= count <= MAX_TERMS, f"{path}.count", f"a whole number to {MAX_TERMS}")
    _require(content["kind"] in set(SignOffKind), f"{path}.kind", ", ".join(SignOffKind))
    _require(content["group"] in set(SignOffGroup), f"{path}.group", ", ".join(SignOffGroup))
    parts = tuple(_term(part, f"{path}.terms[{index}]", depth + 1) for index, part in enumerate(terms))
    return SignOffTerm(SignOffKind(content["kind"]), tuple(agencies), SignOffGroup(content["group"]), parts, count)


def _require(holds: bool, path: str, allowed: str) -> None:
    if not holds:
        message = f"{allowed} is allowed"
        raise InvalidInputError("INVALID_SIGN_OFF_RULE", message, faults=[Fault(path, "WRONG_FORM", message)])
