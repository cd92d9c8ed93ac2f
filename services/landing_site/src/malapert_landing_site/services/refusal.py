"""Refusing inputs with all of their faults at once."""

from __future__ import annotations

from collections.abc import Sequence

from malapert_core.errors import Fault, InvalidInputError


def refuse(faults: Sequence[Fault], reason: str) -> None:
    """Refuse an input with faults; one without passes.

    Parameters
    ----------
    reason : str
        The refusal's code where there are several faults; else it is that of the only one.

    Raises
    ------
    InvalidInputError
    """
    if faults:
        code = faults[0].code if len(faults) == 1 else reason
        raise InvalidInputError(code, "; ".join(f"{f.path}: {f.message}" for f in faults), faults=faults)
