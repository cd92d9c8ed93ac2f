"""Validation that ends soon after the last fault that is reported, however many there would be."""

import math
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, PydanticOmit, core_schema

MAX_FAULTS = 100
"""Largest number of faults that an answer tells."""


@dataclass(slots=True)
class _Budget:
    """Remaining number of faults that one validation may collect."""

    left: float = MAX_FAULTS + 1


BOUND: Mapping[str, object] = {"bounds_faults": True}
"""What a core schema's `metadata` say of a validator that only ends validation early."""
_budget: ContextVar[_Budget | None] = ContextVar("fault_budget", default=None)


def with_bounded_faults(model: type[BaseModel], schema: CoreSchema) -> CoreSchema:
    """Return a model's schema that validates no further item once more faults are found than are told.

    Parameters
    ----------
    model
        The model.
    schema
        Its own schema; lists of plain values in it end at their first fault.
    """
    own = _model_schema(schema)
    if is_bound(own["schema"]):
        return schema  # pydantic hands on the schema of a finished model wherever the model is used
    _end_at_first_fault(schema)
    most_keys = len(model.model_fields) + MAX_FAULTS

    def within_budget(value: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, dict) and len(value) > most_keys:
            raise PydanticCustomError("too_many_fields", "the object has {count} fields", {"count": len(value)})
        budget = _budget.get()
        if budget is None:
            return _whole(value, handler)
        if budget.left <= 0:
            raise PydanticCustomError("not_looked_at", "there are too many faults before it; it was not looked at")
        return _counted(value, handler, budget)

    # Within the model's own schema: outside of it the model would lose its name in a JSON Schema.
    own["schema"] = core_schema.no_info_wrap_validator_function(within_budget, own["schema"], metadata=dict(BOUND))
    return schema


def is_bound(schema: Mapping[str, Any]) -> bool:
    """Tell whether a core schema is that of a validator which only ends validation early."""
    return (schema.get("metadata") or {}).items() >= BOUND.items()


def _model_schema(schema: Any) -> Any:
    while schema["type"] != "model":
        schema = schema["schema"]
    return schema


def _whole(value: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
    budget = _Budget()
    token = _budget.set(budget)
    try:
        validated = _counted(value, handler, budget)
        if budget.left <= 0:  # The faults were those of alternatives that were not taken.
            budget.left = math.inf
            validated = handler(value)
        return validated
    finally:
        _budget.reset(token)


def _counted(value: Any, handler: core_schema.ValidatorFunctionWrapHandler, budget: _Budget) -> Any:
    before = budget.left
    try:
        return handler(value)
    except ValidationError as error:
        if budget.left == before:  # Otherwise the models inside have counted theirs.
            budget.left -= error.error_count()
        raise


def _end_at_first_fault(schema: Any) -> None:
    """Let a model's lists end: those of plain values at the first fault, those of models once enough are found."""
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "list":
        if _holds_models(schema.get("items_schema", {})):
            items = core_schema.no_info_wrap_validator_function(
                _unless_spent, schema["items_schema"], metadata=dict(BOUND)
            )
            schema["items_schema"] = items
        else:
            schema["fail_fast"] = True
    for key in ("schema", "fields", "inner_schema"):
        inner = schema.get(key)
        if key == "fields" and isinstance(inner, dict):
            for field in inner.values():
                _end_at_first_fault(field)
        else:
            _end_at_first_fault(inner)


def _unless_spent(value: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
    budget = _budget.get()
    if budget is not None and budget.left <= 0:
        raise PydanticOmit  # The whole is refused already; only a list may leave out what is in it.
    return handler(value)


def _holds_models(schema: Any) -> bool:
    kinds = ("model", "definition-ref", "function-wrap")
    return bool(schema.get("type") in kinds)
