"""The models as generated: strict, whole, and the same wherever a message is written."""

import importlib
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from malapert_core.documents import nodes
from malapert_http_models import bounded_faults
from malapert_http_models.contracts.comms_window import PutStationRequest, ReserveContactsRequest, Station
from malapert_http_models.contracts.payload import ActivityRequest, NewActivityRequest, SubmitRequests
from malapert_http_models.contracts.planner import ReplanPlan
from malapert_http_models.contracts.vocabulary import Interval
from malapert_http_models.wire import WireModel
from pydantic import TypeAdapter, ValidationError

AREAS = ("comms_window", "landing_site", "operation", "payload", "planner", "vocabulary")
SPAN = {"start_time": "2029-01-10T00:00:00Z", "end_time": "2029-01-10T02:00:00+01:00"}
ASKED = {"station_id": "esa-mlg", "asset_id": "rover", "interval": SPAN}


def models(module: ModuleType) -> list[type[WireModel]]:
    return [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, WireModel)]


@pytest.mark.parametrize("area", AREAS)
def test_every_model_and_field_is_described(area: str) -> None:
    module = importlib.import_module(f"malapert_http_models.contracts.{area}")
    for model in models(module):
        assert model.__doc__
        assert [name for name, field in model.model_fields.items() if not field.description] == []
        schema: dict[str, Any] = model.model_json_schema()
        assert schema.get("additionalProperties") is False


def test_what_is_required_must_be_stated_and_the_rest_has_the_contract_s_default() -> None:
    reservation = ReserveContactsRequest.model_validate({"mission_id": "lupex", "requests": [ASKED]})
    assert (reservation.plan_id, reservation.commit, reservation.hold_s) == ("", False, 0.0)
    assert reservation.requests[0].interval.end_time == datetime(2029, 1, 10, 1, tzinfo=UTC)
    with pytest.raises(ValidationError) as caught:
        ReserveContactsRequest.model_validate({"requests": [ASKED | {"interval": None}]})
    assert {fault["loc"] for fault in caught.value.errors()} == {("mission_id",), ("requests", 0, "interval")}


def test_what_the_call_carries_beside_its_body_is_no_field() -> None:
    assert "idempotency_key" not in ReserveContactsRequest.model_fields
    assert "plan_id" not in ReplanPlan.model_fields


def test_what_the_service_decides_goes_out_and_does_not_come_in() -> None:
    decided = {"state", "history", "version", "plan_id", "done_count", "updated_time", "mission_id"}
    decided |= {"mandatory_granted", "holds"}
    assert set(ActivityRequest.model_fields) - set(NewActivityRequest.model_fields) <= decided
    assert "state" not in NewActivityRequest.model_fields
    assert SubmitRequests.model_fields["requests"].annotation == list[NewActivityRequest]
    assert PutStationRequest.model_fields["station"].annotation is not None
    assert Station.__name__ == "Station"


def test_a_number_has_the_least_value_that_its_contract_states() -> None:
    least = ReplanPlan.model_json_schema()["properties"]
    assert least["work_limit_s"]["minimum"] == 0
    assert least["moved_weight"]["anyOf"][0]["minimum"] == 0


def test_a_time_is_the_same_schema_both_ways() -> None:
    for mode in ("validation", "serialization"):
        schema = Interval.model_json_schema(mode=mode)["properties"]["start_time"]
        assert (schema["type"], schema["format"]) == ("string", "date-time")


def test_a_model_that_is_used_many_times_is_bound_once() -> None:
    for _ in range(5):
        TypeAdapter(list[Station])
    text = str(Station.__pydantic_core_schema__)
    before = text.count("within_budget")
    for _ in range(50):
        TypeAdapter(list[Station])
    assert str(Station.__pydantic_core_schema__).count("within_budget") == before


def test_models_and_client_are_installed_without_any_service() -> None:
    """What a wheel needs is what its pyproject.toml names: of the project, the client the models and these nothing."""
    libs = Path(__file__).parents[2]
    needed = {
        name: tomllib.loads((libs / name / "pyproject.toml").read_text())["project"]["dependencies"]
        for name in ("malapert-client", "malapert-http-models")
    }
    assert [each for each in needed["malapert-client"] if each.startswith("malapert")] == ["malapert-http-models"]
    assert [each for each in needed["malapert-http-models"] if each.startswith("malapert")] == []


def test_as_many_faults_are_looked_for_as_documents_tell() -> None:
    assert bounded_faults.MAX_FAULTS == nodes.MAX_FAULTS
