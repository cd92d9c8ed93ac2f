"""Every operation of the API has its method with its parameters, in both clients, and what is generated is of today."""

import importlib.machinery
import importlib.util
import inspect
from pathlib import Path

import pytest
from malapert_client import AsyncClient, Client
from malapert_client.generated import operations
from malapert_client.generated.operations import OPERATIONS
from malapert_client.reading import model_named
from malapert_gateway.app import create_app

ROOT = Path(__file__).parents[3]
AGAIN = "run `make client`, or `make setup`: the calls of libs/malapert-client are generated from the gateway's routes"
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def document():
    return create_app().openapi()


def operations_of(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def test_each_operation_has_its_method_with_its_parameters(document):
    wrong = []
    for path, method, operation in operations_of(document):
        name = operation["operationId"]
        known = OPERATIONS.get(name)
        if known is None or (known.method.lower(), known.path) != (method, path):
            wrong.append(name)
            continue
        for client in (Client, AsyncClient):
            wrong += [f"{client.__name__}.{name}: {each}" for each in _faults(client, name, operation)]
    assert not wrong, f"{wrong}; {AGAIN}"
    named = {operation["operationId"] for _, _, operation in operations_of(document)}
    assert set(OPERATIONS) == named, AGAIN


def _faults(client, name, operation):
    if not hasattr(client, name):
        yield "there is none"
        return
    signature = inspect.signature(getattr(client, name)).parameters
    for parameter in operation.get("parameters", []):
        python_name = parameter["name"].lower().replace("-", "_")
        if parameter["name"] in ("page_token", "Last-Event-ID"):
            continue  # of the iterators, and of the feed that resumes
        if python_name not in signature:
            yield f"{parameter['name']} is no parameter"
        elif (signature[python_name].default is inspect.Parameter.empty) != bool(parameter.get("required")):
            yield f"{parameter['name']} is required in one alone"
    if ("requestBody" in operation) != bool({"body", "content"} & set(signature)):
        yield "the body"


def test_what_is_generated_is_what_would_be_generated_now(tmp_path, document):
    path = ROOT / "deploy" / "generate-client"
    loader = importlib.machinery.SourceFileLoader("generate_client", str(path))
    spec = importlib.util.spec_from_loader("generate_client", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    module.main(tmp_path, document)
    present = Path(operations.__file__).parent
    stale = [each.name for each in tmp_path.iterdir() if (present / each.name).read_bytes() != each.read_bytes()]
    assert not stale, f"{stale}; {AGAIN}"


def test_each_type_that_an_operation_names_is_one():
    kinds = {kind for each in OPERATIONS.values() for kind in each.answers.values()}
    kinds |= {each.item.partition(":")[2] for each in OPERATIONS.values() if each.item}
    for kind in kinds - {"object", "bytes", "nothing"}:
        assert model_named(kind).model_fields, kind


def test_long_work_knows_what_reads_its_result():
    for each in OPERATIONS.values():
        if each.kind == "work" and each.result_call:
            *_, last = OPERATIONS[each.result_call].path.split("/")
            assert last.startswith("{")
            assert OPERATIONS[each.result_call].method == "GET"
    assert {OPERATIONS[name].result_call for name in ("generate_plan", "replan_plan")} == {"get_plan"}
