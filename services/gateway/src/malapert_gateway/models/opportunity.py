"""The answer that joins the payload service's predictions to the windows of comms-window; it is no one's message."""

from malapert_http_models.contracts.comms_window import OpportunityAnswer
from malapert_http_models.contracts.payload import RequestPrediction
from malapert_http_models.contracts.vocabulary import Fault
from malapert_http_models.wire import UInt32
from pydantic import BaseModel, ConfigDict, Field


class CheckAnswer(BaseModel):
    """Faults of requests, predictions for each, and the windows that could hold it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    faults: list[Fault] = Field(description="Every fault; none means that the requests would be taken.")
    predictions: list[RequestPrediction] = Field(
        description="What each request would take, of those whose numbers can be told."
    )
    fault_count: UInt32 = Field(
        description="How many faults there are in all; of very many not each is listed.", examples=[0]
    )
    window_set_id: str = Field(
        description="The windows that were looked at; empty where none were computed for the mission.",
        examples=["windows-71c0"],
    )
    opportunities: list[OpportunityAnswer] = Field(description="When each of them could start.")
    opportunity_faults: list[Fault] = Field(
        description="Why the windows of some predictions, or of all, were not looked for; none where each was."
    )
