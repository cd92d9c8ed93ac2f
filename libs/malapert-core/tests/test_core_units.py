"""Units: what names one, and what converts into what."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.rpc.status import status_of
from malapert_core.vocabulary.units import UnknownUnitError, WrongUnitError, convert


@pytest.mark.parametrize(
    ("amount", "unit", "to_unit", "wanted"),
    [
        (4, "kWh", "Wh", 4000),
        (3600, "J", "Wh", 1),
        (250, "MB", "bit", 2e9),
        (8.45, "GHz", "Hz", 8_450_000_000),
        (2, "h", "s", 7200),
        (60, "%", "1", 0.6),
        (0.6, "", "1", 0.6),
        (180, "deg", "rad", 3.14159265359),
        (120, "cm", "m", 1.2),
        (0, "degC", "K", 273.15),
        (3.3, "kg/m^2", "g/cm^2", 0.33),
    ],
)
def test_amounts_convert(amount: float, unit: str, to_unit: str, wanted: float) -> None:
    assert convert(amount, unit, to_unit) == pytest.approx(wanted, rel=1e-11)


@pytest.mark.parametrize(
    ("unit", "to_unit"),
    [("W", "Wh"), ("Wh", "W"), ("bit", "1"), ("bit", "deg"), ("bit/s", "bit"), ("m", "m^2"), ("%", "rad"), ("kg", "")],
)
def test_another_dimension_is_refused(unit: str, to_unit: str) -> None:
    with pytest.raises(WrongUnitError):
        convert(1.0, unit, to_unit)


@pytest.mark.parametrize("unit", ["parsnip", "W h", "10 W", "W**2**9", "__import__('os')", "ワット", "m/", "9"])
def test_what_is_no_unit_is_refused(unit: str) -> None:
    with pytest.raises(UnknownUnitError):
        convert(1.0, unit, "W")


@given(st.text(max_size=20))
def test_any_text_is_a_unit_or_refused(unit: str) -> None:
    with contextlib.suppress(UnknownUnitError):
        assert convert(0.0, unit, unit) == 0.0


@given(st.floats(-1e9, 1e9), st.sampled_from([("Wh", "kJ"), ("d", "s"), ("MB", "bit"), ("deg", "rad"), ("m", "km")]))
def test_there_and_back_is_the_same(amount: float, units: tuple[str, str]) -> None:
    assert convert(convert(amount, *units), *units[::-1]) == pytest.approx(amount, rel=1e-10, abs=1e-9)


def test_so_many_faults_are_listed_as_a_call_can_carry() -> None:
    faults = [Fault(f"requests[{number}]", "TOO_LONG", "氷" * 400) for number in range(2000)]
    status = status_of(InvalidInputError("INVALID", "2000 faults", faults=faults))
    assert 100 < status.ByteSize() / 1024 < 600
    assert status.message.startswith("2000 faults; the first ")
