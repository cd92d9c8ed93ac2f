"""Routes whose query is understood whole: a parameter that a call does not have is refused, as an unknown field is."""

import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from copy import copy
from dataclasses import replace
from typing import Any, get_args, get_origin

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from malapert_core.documents.numbers import NUMBER

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_MOST_FAULTS = 100
_NUMBER = re.compile(NUMBER, re.ASCII)
_LIKE_A_NUMBER = re.compile(r"[\s_+\-.eE\d]+")


class CheckedRoute(APIRoute):
    """A route that refuses unknown query parameters, and several values where one is meant, with every other fault."""

    def get_route_handler(self) -> Handler:
        """Return the handler behind the check of its query."""
        handler = super().get_route_handler()
        takes_several, numbers = _parameters(self.dependant), _numbers(self.dependant)
        check = _without_endpoint(self)

        async def checked(request: Request) -> Response:
            errors = [*_query_errors(request, takes_several), *_number_errors(request, numbers)][:_MOST_FAULTS]
            if not errors:
                return await handler(request)
            try:
                await check(request)
            except RequestValidationError as error:
                errors += error.errors()
            raise RequestValidationError(errors)

        return checked


def _parameters(dependant: Dependant) -> dict[str, bool]:
    """Return the query parameters of a route by name, and whether each takes several values."""
    found = {field.alias: _is_list(field.field_info.annotation) for field in dependant.query_params}
    for part in dependant.dependencies:
        found |= _parameters(part)
    return found


def _numbers(dependant: Dependant) -> set[str]:
    """Return the query parameters of a route that are numbers."""
    found = {field.alias for field in dependant.query_params if _is_number(field.field_info.annotation)}
    return found.union(*(_numbers(part) for part in dependant.dependencies))


def _is_number(annotation: Any) -> bool:
    return any(part in (int, float) for part in (annotation, *get_args(annotation)))


def _is_list(annotation: Any) -> bool:
    return any(get_origin(part) is list for part in (annotation, *get_args(annotation)))


def _without_endpoint(route: APIRoute) -> Handler:
    """Return a handler that only validates what a call of the route carries."""

    checking = copy(route)
    checking.dependant = _uncalled(route.dependant)
    checking.response_class = Response
    return APIRoute.get_route_handler(checking)


def _uncalled(dependant: Dependant) -> Dependant:
    return replace(dependant, call=_nothing, dependencies=[_uncalled(part) for part in dependant.dependencies])


async def _nothing(**_values: Any) -> Response:
    return Response()


def _query_errors(request: Request, takes_several: dict[str, bool]) -> Iterator[dict[str, Any]]:
    names = ", ".join(sorted(takes_several)) or "none"
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counts.items():
        if name not in takes_several:
            message = f"this call has no such parameter; allowed: {names}"
            yield {"type": "unknown_parameter", "loc": ("query", name), "msg": message}
        elif count > 1 and not takes_several[name]:
            message = f"one value is allowed, not {count}"
            yield {"type": "duplicate_parameter", "loc": ("query", name), "msg": message}


def _number_errors(request: Request, numbers: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the numbers that Python alone would take, with underscores or blanks; what is no number is told later."""
    for name, text in request.query_params.multi_items():
        if name in numbers and _NUMBER.fullmatch(text) is None and _LIKE_A_NUMBER.fullmatch(text):
            message = "a number such as -12.5 or 3e-4 is allowed, without blanks and underscores"
            yield {"type": "number_form", "loc": ("query", name), "msg": message}
