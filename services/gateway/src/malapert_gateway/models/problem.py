"""The body of every refusal: problem details after RFC 9457."""

from pydantic import BaseModel, ConfigDict, Field


class ProblemFault(BaseModel):
    """One fault of the input; all of them are told together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(description="Where: a path into the input.", examples=["requests[3].place_ids[0]"])
    code: str = Field(description="What kind: an upper-case code that never changes.", examples=["UNKNOWN_PLACE"])
    message: str = Field(
        description="What is wrong and what is allowed, for a person.",
        examples=["ridge-1 and ridge-2 are allowed here"],
    )


class Problem(BaseModel):
    """Problem details of a refused call (RFC 9457, `application/problem+json`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = Field(description="The kind of problem as a URI.", examples=["urn:malapert:problem:UNKNOWN_PLAN"])
    title: str = Field(description="The HTTP status in words.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What happened, for a person.", examples=["there is no plan 'plan-5d21'"])
    instance: str = Field(description="The path that was called.", examples=["/api/v1/plans/plan-5d21"])
    reason: str = Field(description="An upper-case code that never changes.", examples=["UNKNOWN_PLAN"])
    metadata: dict[str, str] = Field(
        description="Values that a program needs to react.", examples=[{"identifier": "plan-5d21"}]
    )
    errors: list[ProblemFault] = Field(description="Every fault of the input.")
    traceId: str = Field(  # noqa: N815 - the name that the platform's problem documents carry
        description="Identifier of the call in logs and traces.", examples=["4bf92f3577b34da6a3ce929d0e0e4736"]
    )
