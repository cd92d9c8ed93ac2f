"""Large tracking data messages are read in processes of their own, with limits, and say the same as small ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from malapert_astro.ndm.epochs import utc_text
from malapert_astro.ndm.tdm import Observation, Tdm, TdmSegment, write_tdm
from malapert_comms_window.services.registry.exchange import ExchangeService
from malapert_core.errors import ExhaustedError, InvalidInputError
from malapert_core.reading_processes import QUICK_BYTES, ReadingProcesses

START = datetime(2029, 1, 20, tzinfo=UTC)
MODULES = ["malapert_comms_window.services.registry.exchange"]
METADATA = {
    "TIME_SYSTEM": "UTC",
    "PARTICIPANT_1": "esa-mlg",
    "PARTICIPANT_2": "relay-1",
    "MODE": "SEQUENTIAL",
    "PATH": "2,1",
    "RANGE_UNITS": "km",
}


def message(count: int, *, xml: bool) -> bytes:
    epochs = (utc_text(START + timedelta(seconds=number)) for number in range(count))
    observations = [Observation("RANGE", epoch, np.nan, 4e5 + number) for number, epoch in enumerate(epochs)]
    segment = TdmSegment(METADATA, tuple(observations))
    return write_tdm(Tdm("2.0", "TEST", utc_text(START), (segment,)), xml=xml, comments=[])


def service_of(reading: ReadingProcesses) -> ExchangeService:
    unused: Any = None
    return ExchangeService(unused, unused, lambda: START, reading)


@pytest.mark.asyncio
async def test_a_large_message_says_what_a_small_one_says() -> None:
    async with ReadingProcesses(MODULES) as reading:
        service = service_of(reading)
        for xml in (False, True):
            few, many = message(10, xml=xml), message(3000, xml=xml)
            assert len(few) < QUICK_BYTES < len(many)
            for content, count in ((few, 10), (many, 3000)):
                tdm, ((told,),) = await service.read(content, "ESA")
                assert (tdm.version, tdm.originator, tdm.segments[0].metadata["PARTICIPANT_2"]) == (
                    "2.0",
                    "TEST",
                    "relay-1",
                )
                assert (told.keyword, told.unit, told.count) == ("RANGE", "km", count)
                assert (told.least, told.greatest) == (4e5, 4e5 + count - 1)
                assert told.span_utc_s == pytest.approx(
                    (START.timestamp(), START.timestamp() + count - 1), abs=1e-3
                )  # whole seconds, to the millisecond


@pytest.mark.asyncio
async def test_faults_of_a_large_message_are_told_as_those_of_a_small_one() -> None:
    async with ReadingProcesses(MODULES) as reading:
        service, told = service_of(reading), []
        for count in (10, 3000):
            content = message(count, xml=False).replace(b"RANGE = ", b"RUNGE = ", 1)
            with pytest.raises(InvalidInputError) as caught:
                await service.read(content, "ESA")
            told.append([(fault.path, fault.code) for fault in caught.value.faults])
        assert told[0] == told[1] != []


@pytest.mark.asyncio
async def test_a_message_that_takes_too_long_is_refused_by_its_limit() -> None:
    async with ReadingProcesses(MODULES, time_limit_s=0.01) as reading:
        with pytest.raises(ExhaustedError, match="READING_LIMIT"):
            await service_of(reading).read(message(20_000, xml=False), "ESA")
