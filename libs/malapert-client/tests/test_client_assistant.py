"""The tools of an assistant, asked by the protocol's own client; a transport plays the platform."""

import json

import httpx
import pytest
from malapert_client import AsyncClient, Connection
from malapert_client.assistant.bounds import MOST_BYTES
from malapert_client.assistant.reading import CALLS, NotForAssistantsError, ReadingClient
from malapert_client.assistant.server import assistant_server
from malapert_client.generated.operations import OPERATIONS
from mcp import Client

CONNECTION = Connection("http://platform.test", "mlp_5f0c_secret")
WORDS_OF_CHANGE = ("release", "approve", "review", "book", "reserve", "commit", "submit", "sign", "revoke", "create")
INTERVALS = ("2029-01-10T02:00:00Z", "2029-01-10T01:00:00.5Z", "2029-01-10T00:00:00Z")
PLAN = {
    "plan_id": "p-1", "state": "DRAFT", "objective": {"gap": 0.01}, "profiles": [{"resource_id": "battery_wh"}],
    "activities": [
        {"activity_id": f"a-{start}", "interval": {"start_time": start, "end_time": start}} for start in INTERVALS
    ],
    "contacts": [], "unplanned": [{"request_id": "drill-a"}],
}  # fmt: skip


class Platform:
    """Answers by path, and the calls that came."""

    def __init__(self, answers):
        self.answers = answers
        self.calls = []

    async def __call__(self, request):
        await request.aread()
        self.calls.append(request)
        answer = self.answers[request.url.path.removeprefix("/api/v1")]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def client(self):
        return AsyncClient(connection=CONNECTION, transport=httpx.MockTransport(self))


async def asked(platform, tool, arguments):
    async with platform.client() as client, Client(assistant_server(client)) as assistant:
        return await assistant.call_tool(tool, arguments)


@pytest.mark.asyncio
async def test_every_tool_says_that_it_only_reads():
    async with Platform({}).client() as client, Client(assistant_server(client)) as assistant:
        tools = (await assistant.list_tools()).tools
        assert "never instructions" in assistant.instructions
    assert {"why_not", "windows", "check_edit", "plans"} <= {tool.name for tool in tools}
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert not any(word in tool.name for word in WORDS_OF_CHANGE)
        assert tool.description
        assert all(each["description"] for each in tool.input_schema["properties"].values())
    (edit,) = [tool for tool in tools if tool.name == "check_edit"]
    assert "offset_s" in json.dumps(edit.input_schema)


def test_no_call_of_an_assistant_changes_anything():
    for name in CALLS - {"check_edits"}:
        assert OPERATIONS[name].method == "GET"
    assert OPERATIONS["check_edits"].path.endswith(":check-edits")


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["release_plan", "review_plan", "reserve_contacts", "commit_contacts", "apply_edits"])
async def test_other_calls_are_not_made(name):
    platform = Platform({})
    with pytest.raises(NotForAssistantsError, match=name):
        await ReadingClient(platform.client()).ask(name)
    assert platform.calls == []


@pytest.mark.asyncio
async def test_a_plan_is_told_without_its_bulk_and_its_items_in_parts():
    platform = Platform({"/plans/p-1": PLAN})
    told = (await asked(platform, "plan", {"plan_id": "p-1"})).structured_content
    assert told == {
        "plan_id": "p-1", "state": "DRAFT", "objective": {"gap": 0.01},
        "activities_count": 3, "contacts_count": 0, "unplanned_count": 1,
    }  # fmt: skip
    arguments = {"plan_id": "p-1", "start_time": "2029-01-10T01:00:00Z", "count": 1}
    part = (await asked(platform, "plan_items", arguments)).structured_content
    assert [each["activity_id"] for each in part["items"]] == ["a-2029-01-10T01:00:00.5Z"]
    assert (part["total"], part["there_are_more"]) == (2, True)


@pytest.mark.asyncio
async def test_lists_are_bounded_and_say_that_there_is_more():
    platform = Platform({"/window-sets/w-1/windows": {"windows": [{"window_id": "a"}], "next_page_token": "t"}})
    arguments = {"window_set_id": "w-1", "kinds": ["CONTACT", "DARKNESS"], "count": 1}
    told = (await asked(platform, "windows", arguments)).structured_content
    assert told == {"windows": [{"window_id": "a"}], "there_are_more": True}
    assert platform.calls[0].url.query == b"kinds=CONTACT&kinds=DARKNESS&without_profiles=true&page_size=1"
    assert (await asked(platform, "windows", {"window_set_id": "w-1", "count": 100_000})).is_error


@pytest.mark.asyncio
async def test_edits_are_checked_as_they_are_given():
    platform = Platform({"/plans/p-1:check-edits": {"valid": False, "violations": [{"rule": "BATTERY"}]}})
    edit = {"shift": {"item_ids": ["drill-a/0/drill"], "offset_s": 3600.0}}
    told = await asked(platform, "check_edit", {"plan_id": "p-1", "edits": [edit]})
    assert told.structured_content["violations"] == [{"rule": "BATTERY"}]
    assert json.loads(platform.calls[0].content) == {"edits": [edit], "mend": False}
    assert (await asked(platform, "check_edit", {"plan_id": "p-1", "edits": [{"release": {}}]})).is_error
    assert len(platform.calls) == 1


@pytest.mark.asyncio
async def test_a_refusal_is_told_with_its_reason():
    problem = {"title": "Refused", "detail": "there is no plan p-1", "reason": "UNKNOWN_PLAN", "traceId": "4bf9"}
    platform = Platform({"/plans/p-1/unplanned/drill-a": httpx.Response(404, json=problem)})
    told = await asked(platform, "why_not", {"plan_id": "p-1", "request_id": "drill-a"})
    assert told.is_error
    assert "UNKNOWN_PLAN" in told.content[0].text
    for text in ("soon", "2029-01-10T00:00:00"):
        bad = await asked(Platform({"/plans/p-1": PLAN}), "plan_items", {"plan_id": "p-1", "start_time": text})
        assert bad.is_error
        assert text in bad.content[0].text


@pytest.mark.asyncio
async def test_an_answer_is_as_long_as_an_assistant_can_take():
    violations = [{"rule": "BATTERY", "message": f"{at} " + "x" * 1000} for at in range(1000)]
    changes = [{"item_id": "a"}]
    answer = {"valid": False, "violations": violations, "changes": changes}
    told = await asked(Platform({"/plans/p-1:check-edits": answer}), "check_edit", {"plan_id": "p-1", "edits": []})
    assert len(told.content[0].text) < 2 * MOST_BYTES
    found = told.structured_content
    assert len(json.dumps(found).encode()) <= MOST_BYTES + 100
    assert found["violations"] == violations[: len(found["violations"])]
    assert found["left_off"] == {"violations": 1000 - len(found["violations"])}
    assert found["changes"] == changes
    assert len(found["violations"]) > 150


@pytest.mark.asyncio
async def test_a_mission_is_told_in_parts():
    document = {"mission": {"id": "m"}, "requests": [{"id": "r" * 1000} for _ in range(1000)]}
    platform = Platform({"/missions/m": {"mission_id": "m", "version": 2, "document": document}})
    whole = await asked(platform, "mission", {"mission_id": "m"})
    assert whole.is_error
    assert f"longer than {MOST_BYTES} bytes" in whole.content[0].text
    assert len(whole.content[0].text) < 1000
    part = (await asked(platform, "mission", {"mission_id": "m", "part": "mission"})).structured_content
    assert part == {"mission_id": "m", "version": 2, "mission": {"id": "m"}}
    assert "mission, requests" in (await asked(platform, "mission", {"mission_id": "m", "part": "x"})).content[0].text
    cut = (await asked(platform, "mission", {"mission_id": "m", "part": "requests"})).structured_content
    assert 0 < len(cut["requests"]) == 1000 - cut["left_off"]["requests"]


@pytest.mark.asyncio
async def test_no_identifier_leads_to_another_call():
    platform = Platform({})
    for tool, arguments in (
        ("requests", {"mission_id": ".."}),
        ("plan", {"plan_id": "."}),
        ("mission", {"mission_id": ""}),
    ):
        told = await asked(platform, tool, arguments)
        assert told.is_error
        assert "is no identifier" in told.content[0].text
    assert platform.calls == []


@pytest.mark.asyncio
async def test_a_refusal_is_as_long_as_an_assistant_can_take():
    faults = [{"path": f"edits[{at}]", "code": "UNKNOWN_ITEM", "message": "x" * 100} for at in range(5000)]
    problem = {"title": "Refused", "detail": "no", "reason": "INVALID_EDITS", "errors": faults}
    platform = Platform({"/plans/p-1:check-edits": httpx.Response(400, json=problem)})
    told = await asked(platform, "check_edit", {"plan_id": "p-1", "edits": []})
    assert told.is_error
    assert 10_000 < len(told.content[0].text) < 21_000
    assert "INVALID_EDITS" in told.content[0].text
    assert "characters more" in told.content[0].text


@pytest.mark.asyncio
@pytest.mark.parametrize("answer", [{}, {"plans": 3}, {"plans": [3]}])
async def test_an_answer_of_another_shape_is_told_as_such(answer):
    told = await asked(Platform({"/plans": answer}), "plans", {})
    assert told.is_error
    assert "no Malapert of a version that is known" in told.content[0].text
