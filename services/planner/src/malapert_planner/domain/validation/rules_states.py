"""Rule of states: nothing makes a disturbance beside an activity that needs quiet of it."""

from __future__ import annotations

from malapert_planner.domain.simulation.coverage import overlap_s
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.rules import Findings, Rule


def check_states(case: Case, findings: Findings) -> None:
    """Check every activity that needs quiet against all that are under way meanwhile."""
    quiet = [(activity, placed) for activity, placed in case.activities if activity.needs_quiet]
    loud = [(activity, placed) for activity, placed in case.activities if activity.makes]
    findings.count(Rule.QUIET, len(quiet))
    for needing, needs in quiet:
        for making, makes in loud:
            heard = sorted(set(making.makes) & set(needing.needs_quiet))
            both_s = overlap_s(needs.span, makes.span)
            if not heard or not both_s or making.activity_id == needing.activity_id:
                continue
            shared = (max(needs.span[0], makes.span[0]), min(needs.span[1], makes.span[1]))
            names = " and ".join(heard).replace("_", " ")
            message = f"{making.activity_id} makes {names} for {both_s} s, of which {needing.activity_id} needs quiet"
            findings.report(Rule.QUIET, (needing.activity_id, making.activity_id), shared, both_s, message)
