"""Messages as domain values and back."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, IntEnum, StrEnum
from typing import Any

import numpy as np
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from malapert.comms_window.v1 import contact_pb2, window_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_core.rpc.mapping import known, named, number_of, to_domain, to_message
from malapert_core.vocabulary.figure import Confidence, Figure
from malapert_core.vocabulary.interval import Interval
from malapert_core.vocabulary.points import GridPoint, SurfacePoint
from malapert_core.vocabulary.provenance import InputRecord, Provenance
from numpy.typing import NDArray

START = datetime(2029, 1, 15, 6, tzinfo=UTC)
END = datetime(2029, 1, 15, 7, 0, 0, 250_000, tzinfo=UTC)

VOCABULARY = [
    (Interval(START, END), type_pb2.Interval),
    (Figure(0.25, "W", "a paper", Confidence.MEDIUM), type_pb2.Figure),
    (SurfacePoint(-12.5, -89.4, 1234.5), type_pb2.SurfacePoint),
    (GridPoint(-630.0, 1250.0), type_pb2.GridPoint),
    (
        Provenance((InputRecord("terrain", "ridge", "sha256:ab"),), {"step_s": "60"}, "x 1", START, True, ("note",)),
        type_pb2.Provenance,
    ),
]


class State(StrEnum):
    """States by other texts than the contract's names."""

    COMMITTED = "booked"
    TENTATIVE = "held"


@dataclass(frozen=True)
class Booking:
    """A contact as some domain might hold it."""

    contact_id: str
    state: State
    interval: Interval
    hold_until_time: datetime | None = None
    owner: str = field(default="nobody")


@dataclass(frozen=True)
class DefaultState:
    """A contact whose unspecified state means something."""

    state: State = State.TENTATIVE


@dataclass(frozen=True)
class MaybeState:
    """A contact whose unspecified state is none."""

    state: State | None


@dataclass(frozen=True)
class FlatBooking:
    """A contact whose intervals lie flat, and may be unknown."""

    contact_id: str
    start_time: datetime
    end_time: datetime
    occupied_start_time: datetime | None
    occupied_end_time: datetime | None

    @property
    def reason(self) -> str:
        """What the message says beside."""
        return f"of {self.contact_id}"


@dataclass(frozen=True)
class Antenna:
    """Where an antenna stands."""

    latitude_deg: float
    longitude_deg: float
    height_m: float


class Trust(StrEnum):
    """How far to trust; not stated is the least."""

    HIGH = "surely"
    LOW = "hardly"
    UNSPECIFIED = LOW


@dataclass(frozen=True)
class Station:
    """A station whose position is one value."""

    station_id: str
    antenna: Antenna
    confidence: Trust


@dataclass(frozen=True)
class Profile:
    """Values over time."""

    quantity: str
    offset_s: NDArray[np.float64]
    value: NDArray[np.float64]


@pytest.mark.parametrize(("value", "kind"), VOCABULARY, ids=lambda item: getattr(item, "__name__", ""))
def test_every_value_of_the_vocabulary_has_all_fields_of_its_message_and_comes_back(value: object, kind: Any) -> None:
    message = to_message(value, kind)
    assert {entry.name for entry, _ in message.ListFields()} == {entry.name for entry in kind.DESCRIPTOR.fields}
    assert to_domain(kind.FromString(message.SerializeToString()), type(value)) == value


def test_confidences_are_numbered_as_in_the_contract() -> None:
    assert {c.name: c.value for c in Confidence} == {
        name.removeprefix("CONFIDENCE_"): number for name, number in type_pb2.Confidence.items()
    }


def test_an_enumeration_of_text_is_named_as_in_the_contract() -> None:
    booking = Booking("c-1", State.COMMITTED, Interval(START, END))
    message = to_message(booking, contact_pb2.Contact)
    assert message.state == contact_pb2.CONTACT_STATE_COMMITTED
    assert not message.HasField("hold_until_time")
    assert to_domain(message, Booking) == booking


def test_what_only_the_caller_knows_is_given() -> None:
    message = to_message(Booking("c-1", State.COMMITTED, Interval(START, END)), contact_pb2.Contact, version=7)
    assert message.version == 7
    assert to_domain(message, Booking, contact_id="c-2", owner="JAXA").contact_id == "c-2"
    assert to_domain(message, Booking, owner="JAXA").owner == "JAXA"


def test_an_unspecified_enumeration_is_none_or_its_default_or_refused() -> None:
    unset = contact_pb2.Contact()
    assert to_domain(unset, MaybeState) == MaybeState(None)
    assert to_domain(unset, DefaultState) == DefaultState()
    with pytest.raises(InvalidInputError, match=r"state 0 .* allowed: COMMITTED, TENTATIVE") as refused:
        to_domain(unset, Booking)
    assert refused.value.reason == "UNKNOWN_VALUE"


def test_a_name_that_the_domain_does_not_know_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no meaning here"):
        to_domain(contact_pb2.Contact(state=contact_pb2.CONTACT_STATE_CANCELLED), DefaultState)


def test_a_number_of_a_later_contract_is_the_unspecified_value() -> None:
    assert known(Confidence, 6) is Confidence.ASSUMPTION
    assert known(Confidence, 99) is Confidence.UNSPECIFIED
    assert to_domain(type_pb2.Figure.FromString(b"\x20\x63"), Figure).confidence is Confidence.UNSPECIFIED


def test_members_and_numbers_by_name() -> None:
    enum = contact_pb2.ContactState.DESCRIPTOR
    assert named(State, enum, contact_pb2.CONTACT_STATE_COMMITTED) is State.COMMITTED
    assert named(State, enum, 99) is None
    assert number_of(State.TENTATIVE, enum) == contact_pb2.CONTACT_STATE_TENTATIVE
    assert isinstance(State.TENTATIVE, Enum)
    assert not isinstance(State.TENTATIVE, IntEnum)


def test_arrays_are_repeated_numbers() -> None:
    profile = Profile("elevation_deg", np.array([0.0, 60.0]), np.array([1.5, -0.25]))
    message = to_message(profile, window_pb2.Profile)
    assert list(message.value) == [1.5, -0.25]
    back = to_domain(message, Profile)
    assert back.value.dtype == np.float64
    np.testing.assert_array_equal(back.offset_s, profile.offset_s)


@pytest.mark.parametrize("seconds", [-62_135_596_801, 253_402_300_800, 2**62])
def test_a_time_outside_the_years_1_to_9999_is_refused(seconds: int) -> None:
    with pytest.raises(InvalidInputError, match="years 1 to 9999") as refused:
        to_domain(type_pb2.Interval(start_time=Timestamp(seconds=seconds)), Interval)
    assert refused.value.reason == "INVALID_TIME"


def test_a_message_in_a_message_may_lie_flat_in_the_domain() -> None:
    flat = FlatBooking("c-1", START, END, END, START)
    message = to_message(flat, contact_pb2.Contact)
    assert to_domain(message.interval, Interval) == Interval(START, END)
    assert to_domain(message.occupied, Interval) == Interval(END, START)
    assert to_domain(message, FlatBooking) == flat


def test_what_lies_flat_and_is_none_is_unset() -> None:
    flat = FlatBooking("c-1", START, END, None, None)
    message = to_message(flat, contact_pb2.Contact)
    assert message.HasField("interval")
    assert not message.HasField("occupied")
    assert to_domain(message, FlatBooking) == flat


def test_an_interval_that_the_domain_holds_in_part_is_not_laid_flat() -> None:
    message = to_message(DefaultState(), contact_pb2.Contact)
    assert not message.HasField("interval")


def test_a_value_of_the_domain_may_lie_flat_in_the_message() -> None:
    station = Station("dss-1", Antenna(-35.4, 148.98, 0.0), Trust.HIGH)
    message = to_message(station, window_pb2.Station)
    assert (message.latitude_deg, message.longitude_deg, message.height_m) == (-35.4, 148.98, 0.0)
    assert to_domain(message, Station) == station


def test_what_lies_flat_may_be_given() -> None:
    given = to_message(FlatBooking("c-1", START, END, None, None), contact_pb2.Contact, interval=None)
    assert not given.HasField("interval")


def test_properties_are_written() -> None:
    message = to_message(FlatBooking("c-1", START, END, None, None), contact_pb2.Contact)
    assert message.reason == "of c-1"
    assert to_message(FlatBooking("c-1", START, END, None, None), contact_pb2.Contact, reason="").reason == ""


@pytest.mark.parametrize("number", [0, 4, 99])
def test_a_number_without_a_name_is_the_unspecified_member_of_an_enumeration_of_text(number: int) -> None:
    assert to_domain(window_pb2.Station(confidence=number), Station).confidence is Trust.LOW  # type: ignore[arg-type]
    assert to_message(Station("", Antenna(0, 0, 0), Trust.LOW), window_pb2.Station).confidence == Confidence.LOW


def test_maps_are_read_by_key_in_order() -> None:
    back = to_domain(type_pb2.Provenance(parameters={"b": "1", "a": "2", "c": "3"}), Provenance)
    assert list(back.parameters) == ["a", "b", "c"]
