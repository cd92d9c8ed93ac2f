"""Routes whose query and path are understood whole, by the rules of bodies: what a call does not have is refused."""

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
from malapert_core.documents.numbers import NUMBER, read_number
from malapert_core.documents.text import ALLOWED, blanks_around, names_object, unclean_part

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_MOST_FAULTS = 100
_NUMBER = re.compile(NUMBER, re.ASCII)
_LIKE_A_NUMBER = re.compile(r"[\s_+\-.eE\d]+")
_LOST = "\ufffd"
"""Character that bytes which are no UTF-8 have become before they come here."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")


class CheckedRoute(APIRoute):
    """A route that refuses unknown query parameters, several values where one is meant, and values in odd spellings.

    pydantic alone takes ``1_0`` for ten and ``yes`` for true.
    """

    def get_route_handler(self) -> Handler:
        """Return the handler behind the check of its query."""
        handler = super().get_route_handler()
        queries = _parameters(self.dependant, "query_params")
        paths = _parameters(self.dependant, "path_params")
        check = _without_endpoint(self)

        async def checked(request: Request) -> Response:
            errors = list(_query_errors(request, queries))
            errors += [
                error
                for name in paths
                for error in _value_errors("path", name, paths[name], str(request.path_params[name]))
            ]
            errors = errors[:_MOST_FAULTS]
            if not errors:
                return await handler(request)
            told = {error["loc"] for error in errors}
            try:
                await check(request)
            except RequestValidationError as error:
                errors += [each for each in error.errors() if tuple(each["loc"]) not in told]
            raise RequestValidationError(errors)

        return checked


def _parameters(dependant: Dependant, kind: str) -> dict[str, Any]:
    """Return the annotations of a route's parameters of a kind by their names."""
    found = {field.alias: field.field_info.annotation for field in getattr(dependant, kind)}
    for part in dependant.dependencies:
        found |= _parameters(part, kind)
    return found


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


def _query_errors(request: Request, queries: dict[str, Any]) -> Iterator[dict[str, Any]]:
    names = ", ".join(sorted(queries)) or "none"
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counts.items():
        if name not in queries:
            message = f"this call has no such parameter; allowed: {names}"
            yield {"type": "unknown_parameter", "loc": ("query", name), "msg": message}
        elif count > 1 and not _is_list(queries[name]):
            message = f"one value is allowed, not {count}"
            yield {"type": "duplicate_parameter", "loc": ("query", name), "msg": message}
        else:
            for value in request.query_params.getlist(name):
                yield from _value_errors("query", name, queries[name], value)


def _value_errors(place: str, name: str, annotation: Any, value: str) -> Iterator[dict[str, Any]]:
    """Yield the error of a value that pydantic alone would take though it is not spelt as a body would have it."""
    found = _spelling_fault(name, annotation, value)
    if found is not None:
        yield {"type": found[0], "loc": (place, name), "msg": found[1]}


def _spelling_fault(name: str, annotation: Any, value: str) -> tuple[str, str] | None:
    """Return the code and the message of a value's fault, or None."""
    if annotation is bool and value not in ("true", "false"):
        return "bool_parsing", "true or false is allowed"
    if annotation in (int, float) and _NUMBER.fullmatch(value) is None and _LIKE_A_NUMBER.fullmatch(value):
        return "number_form", "a number such as -12.5 or 3e-4 is allowed, without blanks and underscores"
    if annotation is int and _WHOLE.fullmatch(value) is None:
        return "int_parsing", "a whole number is allowed, in the digits 0 to 9"
    if annotation is float:
        try:
            read_number(value)
        except ValueError as error:
            return "float_parsing", str(error)
    if _LOST in value:
        return "not_utf8", f"it is no text in UTF-8, or has {_LOST}, which stands for characters that were lost"
    if unclean_part(value):
        return "control_character", f"it has {unclean_part(value)}; {ALLOWED}"
    if names_object(name) and blanks_around(value):
        return "blanks", f"an identifier has no blanks around it, not {value[:80]!r}"
    return None
