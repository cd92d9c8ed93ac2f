"""Proofs that no change of one rule admits a chain: with any one family of rules left out it still fits nowhere."""

from __future__ import annotations

from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.explain.trials import Trial, every_chance
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.model.scope_model import RuleFamily
from malapert_planner.solvers.state.incumbent import Incumbent


def proof_of_none(incumbent: Incumbent, engine: Engine, chain: Chain, families: tuple[RuleFamily, ...]) -> str:
    """Return what was proven where no change of one family of rules, however large, admits a chain; empty where not.

    To leave a family out is the largest change of it. Every start of the grid is looked at along the drives as planned,
    all else as it is; what the engine's limits cut is not proven.
    """
    together = False
    for span in every_chance(incumbent, chain):
        # A trial keeps its models, which are large here, and no span comes twice.
        trial = Trial(incumbent, chain, is_fine=True)
        if trial.is_refuted(engine, families, span):
            continue
        together = True
        if not all(trial.is_refuted(engine, (family,), span) for family in families):
            return ""
    if engine.exhausted():
        return ""
    names = ", ".join(sorted(family.value for family in families))
    if not together:
        return f"proven: along the drives as planned it fits nowhere, even with all of these left out: {names}"
    return f"proven: along the drives as planned it fits nowhere with any one of these left out entirely: {names}"
