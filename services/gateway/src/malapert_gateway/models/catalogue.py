"""Models of catalogues, one for one with the contract's messages."""

from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.payload.v1 import catalogue_pb2
from pydantic import Field, Strict

from malapert_gateway.models.request import Condition
from malapert_gateway.models.shared import Confidence, Figure
from malapert_gateway.models.wire import WireModel


class InstrumentMode(WireModel):
    """A mode of an instrument."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.InstrumentMode

    mode_id: str = Field(description="Identifier, unique in the instrument, such as survey.", examples=["survey"])
    title: str = Field(description="Title for a person.", examples=["Survey"])
    power_w: Figure | None = Field(None, description="Electrical power, W.")
    data_rate_bps: Figure | None = Field(None, description="Data produced while on, bit/s.")


class Instrument(WireModel):
    """An instrument."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.Instrument

    instrument_id: str = Field(description="Identifier, unique in the mission, such as reiwa-ltga.", examples=["ns"])
    name: str = Field(description="Name for a person.", examples=["Neutron spectrometer"])
    agency_id: str = Field(description="The agency that owns it.", examples=["JAXA"])
    asset_id: str = Field(description="The asset it sits on.", examples=["rover"])
    function: str = Field(description="What it measures.", examples=["Hydrogen in the upper metre"])
    mass_kg: Figure | None = Field(None, description="Mass, kg.")
    modes: list[InstrumentMode] = Field(description="Its modes.")
    source: str = Field(description="Where it was published.", examples=["PGDA product 78"])
    confidence: Annotated[Confidence, Strict(False)] | None = Field(
        None, description="How far that may be trusted.", examples=["HIGH"]
    )


class Instruments(WireModel):
    """Instruments."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ListInstrumentsResponse

    instruments: list[Instrument] = Field(description="The instruments.")


class InstrumentUse(WireModel):
    """An instrument in one of its modes."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.InstrumentUse

    instrument_id: str = Field(description="The instrument.", examples=["ns"])
    mode_id: str = Field(description="The mode.", examples=["survey"])


class ActivityStep(WireModel):
    """One step of an activity type. The steps of a chain follow each other at one place."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ActivityStep

    step_id: str = Field(description="Identifier, unique in the type, such as drill.", examples=["drill"])
    title: str = Field(description="Title for a person.", examples=["Drill to 1.5 m at the ridge"])
    duration_s: Figure | None = Field(None, description="Fixed duration, seconds.")
    power_w: Figure | None = Field(
        None, description="Power of the asset itself during the step, above its base load, W."
    )
    data_bit: Figure | None = Field(None, description="Data of the asset itself during the step, bits.")
    instruments: list[InstrumentUse] = Field(description="Instruments in use: power and data come on top.")
    resources: list[str] = Field(
        description="Unary resources of the asset in use, such as mobility or drill. An instrument is one too.",
        examples=[["drill"]],
    )
    conditions: list[Condition] = Field(description="What must hold for the whole step.")
    min_start_charge: Figure | None = Field(
        None, description="Least battery charge at the start, share of the capacity."
    )
    max_wait_s: Figure | None = Field(
        None, description="Longest wait after the step before, seconds; for the first step not used."
    )


class ActivityType(WireModel):
    """A template of an activity."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ActivityType

    activity_type_id: str = Field(
        description="Identifier, unique in the mission, such as drill-1.5m.", examples=["drill-1.5m"]
    )
    title: str = Field(description="Title for a person.", examples=["Drill to 1.5 m at the ridge"])
    asset_id: str = Field(description="The asset that does it.", examples=["rover"])
    steps: list[ActivityStep] = Field(description="One step, or a chain of them.")
    source: str = Field(description="Where it was published.", examples=["PGDA product 78"])
    confidence: Annotated[Confidence, Strict(False)] | None = Field(
        None, description="How far that may be trusted.", examples=["HIGH"]
    )


class ActivityTypes(WireModel):
    """Activity types."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ListActivityTypesResponse

    activity_types: list[ActivityType] = Field(description="The activity types.")
