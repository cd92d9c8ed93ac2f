"""Quotas of antenna time: contacts take no more than is left of each."""

from __future__ import annotations

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.spans import overlap_s
from malapert_planner.solvers.instance.antenna_time import Quotas
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.model.contacts import Contacts, Piece
from malapert_planner.solvers.model.ledger import Hints


def add_quotas(model: cp_model.CpModel, hints: Hints, quotas: Quotas, scope: Scope, contacts: Contacts) -> None:
    r"""Let contacts take no more than is left of each quota.

    With u[i] piece i of a station, n[i] and e[i] the beginning and the end of a contact there, and s(t), m(t) the part
    of set-up and teardown at an instant that lies in the quota's span,

        Σ u[i] |piece i ∩ span| + n[i] s(start of i) + e[i] m(end of i) ≤ left − what contacts outside take,
        e[i] ≥ u[i] − u[i + 1].
    """
    outside_s = quotas.left_s(scope.outside_contacts)
    for number, quota in enumerate(quotas.quotas):
        variables: list[cp_model.IntVar] = []
        seconds: list[int] = []
        for station_id in quota.station_ids:
            pieces = contacts.by_station.get(station_id, [])
            for index, piece in enumerate(pieces):
                setup_s, teardown_s = quotas.guards_s[station_id]
                before_s = overlap_s((piece.span[0] - setup_s, piece.span[0]), quota.span)
                after_s = overlap_s((piece.span[1], piece.span[1] + teardown_s), quota.span)
                variables += [piece.taken, piece.begins]
                seconds += [overlap_s(piece.span, quota.span), before_s]
                if after_s:
                    variables.append(_ends(model, hints, scope, pieces, index))
                    seconds.append(after_s)
        left_s = max(0, outside_s[number])
        if sum(seconds) > left_s:
            model.add(cp_model.LinearExpr.weighted_sum(variables, seconds) <= left_s)


def _ends(model: cp_model.CpModel, hints: Hints, scope: Scope, pieces: list[Piece], index: int) -> cp_model.IntVar:
    """Return whether a contact ends with a piece."""
    piece = pieces[index]
    joined = index + 1 < len(pieces) and pieces[index + 1].span[0] == piece.span[1]
    if not joined:
        return piece.taken
    ends = model.new_bool_var("")
    model.add_bool_or([ends, piece.taken.negated(), pieces[index + 1].taken])
    hinted = (c.span[1] for c in scope.hint.contacts if c.station_id == piece.station_id)
    hints.add(ends, piece.span[1] in hinted)
    return ends
