"""Models of catalogues, one for one with the contract's messages."""

from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.payload.v1 import catalogue_pb2
from pydantic import Field, Strict

from malapert_gateway.models.mode import Exclusion, ModePhase, ModeTransition, Motion, Pointing, SunLimit
from malapert_gateway.models.parameter import DataProduct, Parameter, ParameterEffect, Preset
from malapert_gateway.models.request import Condition
from malapert_gateway.models.resource import Resource, ResourceUse
from malapert_gateway.models.shared import Confidence, Figure
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class VersionRecord(WireModel):
    """Who made a version, when and why."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.VersionRecord

    version: UInt32 = Field(description="The version, from 1.", examples=[1])
    content_hash: str = Field(description="sha256 of its content.", examples=["sha256:9f2c"])
    agency_id: str = Field(description="The agency that published it.", examples=["JAXA"])
    time: UtcTime = Field(description="When.", examples=["2029-01-10T06:00:00Z"])
    reason: str = Field(description="Why.", examples=["Calibrated anew"])


class InstrumentMode(WireModel):
    """A mode of an instrument."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.InstrumentMode

    mode_id: str = Field(description="Identifier, unique in the instrument, such as survey.", examples=["survey"])
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
    power_w: Figure | None = Field(None, description="Electrical power, W.")
    data_rate_bps: Figure | None = Field(None, description="Data produced while on, bit/s.")
    peak_power_w: Figure | None = Field(None, description="Highest power for a moment, W; never less than the power.")
    data_bit: Figure | None = Field(
        None, description="Data of one use however long it takes, on top of the rate, bits."
    )
    warm_up: ModePhase | None = Field(None, description="What comes before a use.")
    cool_down: ModePhase | None = Field(None, description="What comes after a use.")
    min_duration_s: Figure | None = Field(None, description="Shortest use, seconds.")
    max_duration_s: Figure | None = Field(None, description="Longest use, seconds.")
    min_temperature_k: Figure | None = Field(None, description="Lowest temperature at which it works, K.")
    max_temperature_k: Figure | None = Field(None, description="Highest temperature at which it works, K.")
    sun: Annotated[SunLimit, Strict(False)] | None = Field(
        None, description="In which light it may be used.", examples=["LIT"]
    )
    pointing: Pointing | None = Field(None, description="Where it looks; unset means anywhere.")
    motion: Annotated[Motion, Strict(False)] | None = Field(
        None, description="Whether the asset moves meanwhile.", examples=["STATIONARY"]
    )
    uses: list[ResourceUse] = Field(default_factory=list, description="What one use takes.")


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
    version: UInt32 = Field(
        0, description="Its version, from 1; the service counts. A version never changes.", examples=[1]
    )
    resources: list[Resource] = Field(default_factory=list, description="What it uses up or shares, such as ovens.")
    transitions: list[ModeTransition] = Field(
        default_factory=list,
        description="The changes between modes that are possible; none listed means any, in no time.",
    )
    exclusions: list[Exclusion] = Field(default_factory=list, description="What must not be on at the same time.")
    permitted_agency_ids: list[str] = Field(
        default_factory=list,
        description="Besides its owner, only these agencies may ask for it; none listed means all of the mission.",
        examples=[["ISRO"]],
    )
    min_survival_temperature_k: Figure | None = Field(
        None, description="Lowest temperature that it survives switched off, K."
    )
    max_survival_temperature_k: Figure | None = Field(
        None, description="Highest temperature that it survives switched off, K."
    )


class InstrumentUse(WireModel):
    """An instrument in one of its modes."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.InstrumentUse

    instrument_id: str = Field(description="The instrument.", examples=["ns"])
    mode_id: str = Field(description="The mode.", examples=["survey"])
    version: UInt32 = Field(0, description="The instrument's version; 0 means the newest.", examples=[1])


class ActivityStep(WireModel):
    """One step of an activity type. The steps of a chain follow each other at one place."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ActivityStep

    step_id: str = Field(description="Identifier, unique in the type, such as drill.", examples=["drill"])
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
    duration_s: Figure | None = Field(None, description="Fixed duration, seconds.")
    power_w: Figure | None = Field(
        None, description="Power of the asset itself during the step, above its base load, W."
    )
    data_bit: Figure | None = Field(None, description="Data of the asset itself during the step, bits.")
    instruments: list[InstrumentUse] = Field(
        default_factory=list, description="Instruments in use: power and data come on top."
    )
    resources: list[str] = Field(
        default_factory=list,
        description="Unary resources of the asset in use, such as mobility or drill. An instrument is one too.",
        examples=[["drill"]],
    )
    conditions: list[Condition] = Field(default_factory=list, description="What must hold for the whole step.")
    min_start_charge: Figure | None = Field(
        None, description="Least battery charge at the start, share of the capacity."
    )
    max_wait_s: Figure | None = Field(
        None, description="Longest wait after the step before, seconds; for the first step not used."
    )
    min_duration_s: Figure | None = Field(
        None, description="Shortest duration that parameters may give it, seconds; unset means no such limit."
    )
    max_duration_s: Figure | None = Field(
        None, description="Longest duration that parameters may give it, seconds; unset means no such limit."
    )
    effects: list[ParameterEffect] = Field(
        default_factory=list, description="What the type's parameters add to duration, power and data."
    )
    products: list[DataProduct] = Field(
        default_factory=list, description="Whose data it makes; shares add up to 1 at most, the rest is of no product."
    )
    uses: list[ResourceUse] = Field(
        default_factory=list,
        description="What it takes of resources that are not unary, besides what its instruments take.",
    )


class ActivityType(WireModel):
    """A template of an activity."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ActivityType

    activity_type_id: str = Field(
        description="Identifier, unique in the mission, such as drill-1.5m.", examples=["drill-1.5m"]
    )
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
    asset_id: str = Field(description="The asset that does it.", examples=["rover"])
    steps: list[ActivityStep] = Field(description="One step, or a chain of them.")
    source: str = Field(description="Where it was published.", examples=["PGDA product 78"])
    confidence: Annotated[Confidence, Strict(False)] | None = Field(
        None, description="How far that may be trusted.", examples=["HIGH"]
    )
    version: UInt32 = Field(
        0, description="Its version, from 1; the service counts. A version never changes.", examples=[1]
    )
    agency_id: str = Field(
        "", description="The agency that wrote it; empty means the mission's owner.", examples=["JAXA"]
    )
    parameters: list[Parameter] = Field(default_factory=list, description="Its parameters.")
    presets: list[Preset] = Field(default_factory=list, description="Named arguments.")
    tags: list[str] = Field(default_factory=list, description="Words to find it by.", examples=[["ice"]])


class Instruments(WireModel):
    """Instruments."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ListInstrumentsResponse

    instruments: list[Instrument] = Field(description="The instruments.")


class ActivityTypes(WireModel):
    """Activity types."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ListActivityTypesResponse

    activity_types: list[ActivityType] = Field(description="The activity types.")


class PublishInstrument(WireModel):
    """The next version of an instrument."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.PublishInstrumentRequest

    instrument: Instrument = Field(description="The instrument; its version is not used.")
    reason: str = Field("", description="Why.", examples=["Calibrated anew"])


class PublishActivityType(WireModel):
    """The next version of an activity type."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.PublishActivityTypeRequest

    activity_type: ActivityType = Field(description="The activity type; its version is not used.")
    reason: str = Field("", description="Why.", examples=["Calibrated anew"])


class InstrumentVersion(WireModel):
    """A version of an instrument."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.InstrumentVersion

    record: VersionRecord = Field(description="Who made it, when and why.")
    instrument: Instrument = Field(description="The instrument as it was then.")


class ActivityTypeVersion(WireModel):
    """A version of an activity type."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ActivityTypeVersion

    record: VersionRecord = Field(description="Who made it, when and why.")
    activity_type: ActivityType = Field(description="The activity type as it was then.")


class InstrumentVersions(WireModel):
    """An instrument's versions."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ListInstrumentVersionsResponse

    versions: list[InstrumentVersion] = Field(description="The versions, oldest first.")


class ActivityTypeVersions(WireModel):
    """An activity type's versions."""

    message_type: ClassVar[type[Message]] = catalogue_pb2.ListActivityTypeVersionsResponse

    versions: list[ActivityTypeVersion] = Field(description="The versions, oldest first.")
