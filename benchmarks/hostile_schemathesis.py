"""Calls that schemathesis makes from an OpenAPI document, for the hostile corpus."""

import random
import sys
from typing import Any

import httpx
from hostile_calls import STREAMS, HostileCall


def made_by_schemathesis(document: dict[str, Any], count: int, seed: int) -> list[HostileCall]:
    """Return about so many calls, each operation with as many, in an order and of values fixed by the seed."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    schema = schemathesis.openapi.from_dict(document).exclude(operation_id=sorted(STREAMS))
    operations = [result.ok() for result in schema.get_all_operations()]
    found: list[HostileCall] = []
    for operation in operations:

        @seeded(seed)
        @settings(
            max_examples=max(1, -(-count // len(operations))),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy())
        def keep(case: Any) -> None:
            found.append(_call_of(case))

        try:
            keep()
        except Exception as error:  # what schemathesis cannot make is not our matter
            print(f"schemathesis makes no {operation.label}: {error!r}"[:200], file=sys.stderr)
    random.Random(seed).shuffle(found)
    return found[:count]


def _call_of(case: Any) -> HostileCall:
    kwargs = case.as_transport_kwargs(base_url="http://platform")
    request = httpx.Request(
        kwargs["method"],
        kwargs["url"],
        params=kwargs.get("params"),
        headers={name: str(value).encode() for name, value in (kwargs.get("headers") or {}).items()},
        json=kwargs.get("json"),
        content=kwargs.get("data") if isinstance(kwargs.get("data"), bytes | str) else None,
    )
    headers = {name: value for name, value in request.headers.items() if name in ("content-type", "if-match")}
    path = request.url.raw_path.decode()
    operation = case.operation.definition.raw.get("operationId", case.operation.path)
    return HostileCall(operation, request.method, path, headers, request.content)
