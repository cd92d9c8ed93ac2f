"""Rule of the rhythm: contacts follow each other within so much time in which one could be held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.domain.simulation.coverage import merged, uncovered
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.rules import Findings, Rule


@dataclass(frozen=True, slots=True)
class Silence:
    """A span without a contact, and the parts of it in which one could be held."""

    span: Span
    reached: tuple[Span, ...]

    @property
    def counted_s(self) -> int:
        """For how long a contact could be held in it."""
        return sum(end_s - start_s for start_s, end_s in self.reached)

    def passed_s(self, allowed_s: int) -> int:
        """Return the instant at which it has lasted as long as is allowed."""
        left_s = allowed_s
        for start_s, end_s in self.reached:
            if left_s <= end_s - start_s:
                return start_s + left_s
            left_s -= end_s - start_s
        return self.span[1]


def silences(case: Case) -> Iterator[Silence]:
    """Yield the spans without a contact from now on; none where the problem allows any silence."""
    problem = case.problem
    if problem.max_silence_s <= 0 or problem.is_placeless:
        return
    reached = case.reached()
    for span in uncovered((problem.now_s, problem.horizon_s), merged(contact.span for contact in case.contacts)):
        yield Silence(span, intersection((span,), reached))


def check_rhythm(case: Case, findings: Findings) -> None:
    """Check that no silence lasts longer than is allowed."""
    allowed_s = case.problem.max_silence_s
    for silence in silences(case):
        excess_s = silence.counted_s - allowed_s
        span = (silence.passed_s(allowed_s), silence.span[1])
        message = (
            f"no contact for {silence.counted_s / 3600:.1f} h in which one could be held; {allowed_s / 3600:g} h are "
            "allowed"
        )
        findings.check(Rule.CONTACT_RHYTHM, excess_s, (case.problem.asset_id,), span, message)
