"""Models of validations, one for one with the contract's messages."""

from typing import ClassVar

from google.protobuf.message import Message
from malapert.planner.v1 import plan_pb2
from pydantic import Field

from malapert_gateway.models.shared import Interval
from malapert_gateway.models.wire import UInt32, WireModel


class Violation(WireModel):
    """A broken rule."""

    message_type: ClassVar[type[Message]] = plan_pb2.Violation

    rule_id: str = Field(description="The rule, such as BATTERY_FLOOR.", examples=["BATTERY_FLOOR"])
    object_ids: list[str] = Field(description="The objects.", examples=[["drill-a/0/drill"]])
    interval: Interval | None = Field(None, description="When.")
    amount: float = Field(description="By how much.", examples=[14.0])
    unit: str = Field(description="Unit of the amount.", examples=["Wh"])
    message: str = Field(
        description="What is wrong, for a person.",
        examples=["A place of the mission is allowed here: ridge-1, ridge-2"],
    )


class ValidationReport(WireModel):
    """The validator's verdict."""

    message_type: ClassVar[type[Message]] = plan_pb2.ValidationReport

    valid: bool = Field(description="True where no rule is broken.", examples=[True])
    violations: list[Violation] = Field(description="The broken rules.")
    checks: dict[str, UInt32] = Field(
        description="How many checks of each rule were made, so that an empty report can be told from an idle one.",
        examples=[{"BATTERY_FLOOR": 144000}],
    )
    step_s: float = Field(description="Step of the propagation, seconds.", examples=[60.0])
    validator: str = Field(description="Version of the validator.", examples=["1.0"])
