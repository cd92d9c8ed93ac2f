"""Models of executions and accounts, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.payload.v1 import execution_pb2
from pydantic import Field, Strict

from malapert_gateway.models.request import ActivityRequest
from malapert_gateway.models.shared import Interval
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class ExecutionOutcome(StrEnum):
    """What became of a repetition."""

    STARTED = "STARTED"  # It began.
    DONE = "DONE"  # It is done.
    FAILED = "FAILED"  # It failed; its slot is refunded, and the repetition is asked for again.
    SKIPPED = "SKIPPED"  # It was not begun; its slot is refunded, and the repetition is asked for again.
    ABANDONED = "ABANDONED"  # It failed and is not asked for again; its slot is refunded.


class ProductResult(WireModel):
    """A data product that came down."""

    message_type: ClassVar[type[Message]] = execution_pb2.ProductResult

    product_id: str = Field(description="The product.", examples=["spectra"])
    data_bit: float = Field(description="How much came down, bits.", examples=[1.2e8])
    received_time: UtcTime | None = Field(
        None, description="When the last of it was on the ground.", examples=["2029-01-10T06:00:00Z"]
    )
    location: str = Field(
        "",
        description="Where it is kept, such as an address of an archive; empty where it is not said.",
        examples=["https://archive.example/ns/1"],
    )


class Execution(WireModel):
    """A report on a repetition."""

    message_type: ClassVar[type[Message]] = execution_pb2.Execution

    request_id: str = Field(description="The request.", examples=["drill-a"])
    repetition_index: UInt32 = Field(description="The repetition or place, from 0.", examples=[0])
    attempt: UInt32 = Field(description="Counts the tries of this repetition, from 1.", examples=[1])
    plan_id: str = Field(description="The plan that held it.", examples=["plan-7"])
    outcome: Annotated[ExecutionOutcome, Strict(False)] = Field(description="What became of it.", examples=["STARTED"])
    span: Interval = Field(description="When it was under way.")
    energy_wh: float = Field(
        description="Measured energy above the base load, Wh; 0 where it was not measured.", examples=[360.0]
    )
    data_bit: float = Field(description="Measured data, bits; 0 where it was not measured.", examples=[1.2e8])
    reason: str = Field(description="Why, for a person.", examples=["Calibrated anew"])
    agency_id: str = Field(description="The agency that reported it.", examples=["JAXA"])
    reported_time: UtcTime | None = Field(None, description="When it was reported.", examples=["2029-01-10T06:00:00Z"])
    products: list[ProductResult] = Field(description="What came down.")


class NewExecution(WireModel):
    """What became of a repetition, as it is reported."""

    message_type: ClassVar[type[Message]] = execution_pb2.Execution

    repetition_index: UInt32 = Field(0, description="The repetition or place, from 0.", examples=[0])
    outcome: Annotated[ExecutionOutcome, Strict(False)] = Field(description="What became of it.", examples=["STARTED"])
    span: Interval = Field(description="When it was under way.")
    energy_wh: float = Field(
        0.0, description="Measured energy above the base load, Wh; 0 where it was not measured.", examples=[360.0]
    )
    data_bit: float = Field(0.0, description="Measured data, bits; 0 where it was not measured.", examples=[1.2e8])
    reason: str = Field("", description="Why, for a person.", examples=["Calibrated anew"])
    products: list[ProductResult] = Field(default_factory=list, description="What came down.")


class ReportedExecution(WireModel):
    """The report as taken, and the request after it."""

    message_type: ClassVar[type[Message]] = execution_pb2.ReportExecutionResponse

    execution: Execution = Field(description="The report.")
    request: ActivityRequest = Field(description="The request after it.")


class Executions(WireModel):
    """Reports, oldest first."""

    message_type: ClassVar[type[Message]] = execution_pb2.ListExecutionsResponse

    executions: list[Execution] = Field(description="The reports, by request and oldest first.")
    next_page_token: str = Field(
        description="Cursor of the next page, empty after the last. A page may hold fewer than were asked for, or "
        "none.",
        examples=[""],
    )


class AccountLine(WireModel):
    """Amounts of one kind of use."""

    message_type: ClassVar[type[Message]] = execution_pb2.AccountLine

    repetition_count: UInt32 = Field(description="How many repetitions.", examples=[1])
    value: float = Field(description="Their value, points.", examples=[40.0])
    duration_s: float = Field(description="Their predicted time without waits, seconds.", examples=[10800.0])
    energy_wh: float = Field(description="Their predicted energy above the base load, Wh.", examples=[360.0])
    data_bit: float = Field(description="Their predicted data, bits.", examples=[1.2e8])


class AgencyAccount(WireModel):
    """Where an agency stands."""

    message_type: ClassVar[type[Message]] = execution_pb2.AgencyAccount

    agency_id: str = Field(description="The agency.", examples=["JAXA"])
    promised_share: float | None = Field(
        None,
        description="The share of the whole that it is promised; unset where the mission promises none.",
        examples=[0.3],
    )
    asked: AccountLine = Field(description="What it asks for: live, planned, under way and done.")
    planned: AccountLine = Field(description="What a released plan holds, or is under way.")
    done: AccountLine = Field(description="What was done.")
    refunded: AccountLine = Field(description="Slots that failed or were skipped, and were given back.")
    value_share: float = Field(
        description="Its share of all value that is planned or done, 0 to 1; 0 where none is.", examples=[0.28]
    )


class Accounts(WireModel):
    """One account for each agency of the mission."""

    message_type: ClassVar[type[Message]] = execution_pb2.ListAccountsResponse

    accounts: list[AgencyAccount] = Field(description="One for each agency of the mission.")
