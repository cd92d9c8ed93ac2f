"""Every number and time of a mission's import at its ends: faults, or an expansion and predictions, soon."""

import copy
import math
import time
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message
from malapert.payload.v1.catalogue_pb2 import ImportCatalogueRequest
from malapert_core.errors import InvalidInputError
from malapert_core.rpc.mapping import to_domain
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.figures import in_own_units
from malapert_payload.domain.expansion.expansion import expand
from malapert_payload.domain.expansion.prediction import predict
from malapert_payload.domain.validation.figures import LARGEST_AMOUNT
from malapert_payload.domain.validation.requests import import_faults
from malapert_payload.handlers.request_messages import request_of

REALS = (math.nan, math.inf, -1e308, 1e300, 1e18, 1e-300)
WHOLES = (0, 1_000_000, 2**31 - 1, 2**32 - 1)
# Years 1 and 9999.
SECONDS = (-62_135_596_800, 253_402_300_799)


def spoilt(message: Message) -> Iterator[tuple[str, Any, Message]]:
    """Yield copies of a message, each with one number or time anywhere in it at an end."""
    for path, number, old in numbers(message, ()):
        for value in ends(number, old):
            changed = copy.deepcopy(message)
            part: Any = changed
            for step in path:
                part = part[step] if isinstance(step, int) else getattr(part, step)
            try:
                setattr(part, number.name, value)
            except ValueError:
                continue
            yield f"{'.'.join(map(str, path))}.{number.name} = {value!r}", value, changed


def ends(number: Any, old: Any) -> tuple[Any, ...]:
    if number.name == "seconds":
        return SECONDS
    return REALS if isinstance(old, float) else WHOLES


def numbers(message: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.is_repeated:
            if field.message_type is not None and not field.message_type.GetOptions().map_entry:
                # Siblings are read alike.
                for index, item in enumerate(value[:1]):
                    yield from numbers(item, (*path, field.name, index))
        elif field.message_type is not None:
            if message.HasField(field.name):
                yield from numbers(value, (*path, field.name))
        elif type(value) in (int, float) and field.enum_type is None and field.name != "nanos":
            yield path, field, value


def read(message: ImportCatalogueRequest) -> int:
    """Check a mission's import and, where it has no faults, expand and predict it; return how many faults it has."""
    try:
        catalogue = in_own_units(to_domain(message, Catalogue))
        requests = [request_of(each, message.mission_id) for each in message.requests]
        faults = import_faults(catalogue, requests, {})
    except InvalidInputError:
        return 1
    if not faults:
        expand(catalogue, requests)
        for request in requests:
            predict(request, catalogue)
    return len(faults)


def test_no_number_or_time_at_its_end_is_more_than_a_fault(mission_import: ImportCatalogueRequest) -> None:
    assert read(mission_import) == 0
    refused = 0
    for what, value, changed in spoilt(mission_import):
        begun_s = time.process_time()
        try:
            faults = read(changed)
        except Exception as error:
            raise AssertionError(what) from error
        refused += faults > 0
        if isinstance(value, float) and not abs(value) <= LARGEST_AMOUNT:
            assert faults, what
        assert time.process_time() - begun_s < 2.0, what
    assert refused > 50
