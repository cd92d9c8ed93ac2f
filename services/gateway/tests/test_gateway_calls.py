import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from gateway_platform import GatewayPlatform, open_platform, sample
from malapert.landing_site.v1 import site_pb2, terrain_pb2
from malapert.planner.v1 import mission_pb2, plan_pb2
from malapert_core.errors import ConflictError, ErrorCategory, Fault, MalapertError, restored_error
from malapert_gateway import problems
from malapert_testing.services import ServiceLauncher

STATUS = {
    ErrorCategory.INVALID: 422,
    ErrorCategory.NOT_FOUND: 404,
    ErrorCategory.ALREADY_EXISTS: 409,
    ErrorCategory.CONFLICT: 409,
    ErrorCategory.PRECONDITION: 409,
    ErrorCategory.PERMISSION: 403,
    ErrorCategory.UNAUTHENTICATED: 401,
    ErrorCategory.UNAVAILABLE: 503,
    ErrorCategory.EXHAUSTED: 429,
    ErrorCategory.CANCELLED: 409,
    ErrorCategory.INTERNAL: 500,
}


def raising(error: MalapertError) -> Callable[[Any], Any]:
    def script(_request: object) -> object:
        raise error

    return script


@pytest.mark.asyncio
@pytest.mark.parametrize("category", list(ErrorCategory))
async def test_every_category_is_a_problem(sqlite_platform: GatewayPlatform, category: ErrorCategory) -> None:
    faults = [Fault("a[0].b", "TOO_LONG", "at most 3"), Fault("c", "MISSING", "needed")]
    error = restored_error(category, "SOME_REASON", "what happened", {"limit": "3"}, faults)
    answers: dict[str, Any] = sqlite_platform.services.answers
    answers["GenerateHorizon"] = raising(error)  # a name that is never asked
    answers["ValidatePlan"] = raising(error)
    answer = await sqlite_platform.http.post("/api/v1/plans/p:validate", headers=sqlite_platform.bearer())
    assert answer.status_code == STATUS[category]
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.pop("traceId") == answer.headers["X-Trace-Id"] != "0" * 32
    assert body == {
        "type": "urn:malapert:problem:SOME_REASON",
        "title": body["title"],
        "status": STATUS[category],
        "detail": "what happened",
        "instance": "/api/v1/plans/p:validate",
        "reason": "SOME_REASON",
        "metadata": {"limit": "3"},
        "errors": [
            {"path": "a[0].b", "code": "TOO_LONG", "message": "at most 3"},
            {"path": "c", "code": "MISSING", "message": "needed"},
        ],
    }


def test_table_of_statuses_is_whole_and_documented() -> None:
    assert {category: status.value for category, status in problems.STATUS_BY_CATEGORY.items()} == STATUS


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("GET", "/api/v1/nowhere", 404, "NOT_FOUND"),
        ("PUT", "/api/v1/plans", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/v1/plans?page_size=-1", 422, "INVALID_REQUEST"),
        ("GET", "/api/v1/plans?page_size=x", 422, "INVALID_REQUEST"),
        ("GET", "/api/v1/plans/%00", 422, "INVALID_REQUEST"),
        ("GET", "/api/v1/contacts?start_time=1862000000&end_time=2029-01-01T00:00:00Z", 422, "INVALID_REQUEST"),
    ],
)
async def test_what_http_itself_refuses_is_a_problem(
    sqlite_platform: GatewayPlatform, method: str, path: str, status: int, reason: str
) -> None:
    answer = await sqlite_platform.http.request(method, path, headers=sqlite_platform.bearer())
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("content", "content_type", "status", "reason"),
    [
        (b'{"mission_id": "m"', "application/json", 400, "MALFORMED_JSON"),
        (b"mission_id: m", "application/yaml", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"mission_id": "m"}', "", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"mission_id": "m", "seed": true}', "application/json", 422, "INVALID_REQUEST"),
        (b'{"mission_id": "m", "work_limit_s": NaN}', "application/json", 422, "INVALID_REQUEST"),
        (b'{"mission_id": "a\\u0000b"}', "application/json", 422, "INVALID_REQUEST"),
        (b"", "application/json", 422, "INVALID_REQUEST"),
        (b" " * (9 * 1024 * 1024), "application/json", 413, "BODY_TOO_LARGE"),
    ],
)
async def test_unusable_bodies_are_refused(
    sqlite_platform: GatewayPlatform, content: bytes, content_type: str, status: int, reason: str
) -> None:
    headers = {**sqlite_platform.bearer(), "Content-Type": content_type}
    answer = await sqlite_platform.http.post("/api/v1/plans", content=content, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert sqlite_platform.services.calls == []


@pytest.mark.asyncio
async def test_every_fault_of_a_body_comes_back_with_its_path(sqlite_platform: GatewayPlatform) -> None:
    request = {"request_id": 1, "title": "A", "activity_type_id": "t", "agency_id": "JAXA", "value": "9"}
    body = {"requests": [request | {"visibility": "PUBLIC"}]}
    answer = await sqlite_platform.http.post("/api/v1/missions/m/requests", json=body, headers=sqlite_platform.bearer())
    assert [error["path"] for error in answer.json()["errors"]] == ["requests[0].request_id", "requests[0].value"]


@pytest.mark.asyncio
async def test_mission_document_goes_on_as_it_came(sqlite_platform: GatewayPlatform) -> None:
    document = b'{ "mission_id":"m",  "mass": 1e3 }'
    headers = {**sqlite_platform.bearer(), "Content-Type": "application/json"}
    taken = mission_pb2.CreateMissionResponse(mission=mission_pb2.Mission(mission_id="m", version=1))
    sqlite_platform.services.answers["CreateMission"] = lambda _request: taken
    answer = await sqlite_platform.http.post("/api/v1/missions?validate_only=true", content=document, headers=headers)
    assert answer.status_code == 201
    (asked,) = sqlite_platform.services.asked("CreateMission")
    assert (asked.document_json, asked.validate_only) == (document, True)


@pytest.mark.asyncio
async def test_a_service_that_is_gone_is_told_by_name_of_the_reason(sqlite_platform: GatewayPlatform) -> None:
    for server in sqlite_platform.servers.values():
        await server.stop(0)
    answer = await sqlite_platform.http.get("/api/v1/plans/p", headers=sqlite_platform.bearer())
    assert (answer.status_code, answer.json()["reason"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "1"
    ready = await sqlite_platform.http.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["parts"]["planner"] == "SERVICE_UNAVAILABLE"
    assert ready.json()["parts"]["database"] == "ready"


@pytest.mark.asyncio
async def test_readiness_asks_all(platform: GatewayPlatform) -> None:
    assert (await platform.http.get("/healthz")).status_code == 200
    ready = await platform.http.get("/readyz")
    assert ready.status_code == 200
    names = ("database", "broker", "planner", "landing-site", "comms-window", "payload")
    assert ready.json() == {"ready": True, "parts": dict.fromkeys(names, "ready")}


@pytest.mark.asyncio
async def test_headers_of_every_answer(sqlite_platform: GatewayPlatform) -> None:
    headers = {**sqlite_platform.bearer(), "X-Request-Id": "my-id", "Origin": "https://elsewhere.example"}
    answer = await sqlite_platform.http.get("/api/v1/whoami", headers=headers)
    assert answer.headers["X-Request-Id"] == "my-id"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert (await sqlite_platform.http.get("/api/v1/whoami")).headers["X-Request-Id"] != "my-id"


@pytest.mark.asyncio
async def test_version_goes_both_ways(sqlite_platform: GatewayPlatform) -> None:
    plan = plan_pb2.Plan(plan_id="p", owner_agency_id="JAXA", state=plan_pb2.PLAN_STATE_DRAFT, version=4)
    sqlite_platform.services.answers["GetPlan"] = lambda _: plan_pb2.GetPlanResponse(plan=plan)
    shown = await sqlite_platform.http.get("/api/v1/plans/p", headers=sqlite_platform.bearer())
    assert shown.headers["ETag"] == '"4"'
    headers = {**sqlite_platform.bearer(), "If-Match": shown.headers["ETag"]}
    await sqlite_platform.http.post("/api/v1/plans/p:submit", headers=headers)
    assert sqlite_platform.services.asked("SubmitPlan")[0].version == 4
    sqlite_platform.services.answers["SubmitPlan"] = raising(ConflictError("STALE_VERSION", "it is 5"))
    refused = await sqlite_platform.http.post("/api/v1/plans/p:submit", headers=headers)
    assert refused.status_code == 412
    bad = await sqlite_platform.http.post(
        "/api/v1/plans/p:submit", headers={**sqlite_platform.bearer(), "If-Match": "4"}
    )
    assert bad.status_code == 422


@pytest.mark.asyncio
async def test_calls_beyond_the_rate_are_refused(sqlite_service_runtime: ServiceLauncher, tmp_path: object) -> None:
    path = sqlite_service_runtime.data_dir / "keys.json"
    limits = {"rate_limit": "3/hour", "refusal_limit": "2/hour"}
    async with open_platform(sqlite_service_runtime, path, **limits) as platform:
        statuses = [
            (await platform.http.get("/api/v1/whoami", headers=platform.bearer())).status_code for _ in range(4)
        ]
        assert statuses == [200, 200, 200, 429]
        other = await platform.http.get("/api/v1/whoami", headers=platform.bearer("ISRO", "PLANNER"))
        assert other.status_code == 200
        refused = [await platform.http.get("/api/v1/whoami") for _ in range(3)]
        assert [answer.status_code for answer in refused] == [401, 401, 429]
        assert refused[-1].json()["reason"] == "TOO_MANY_CALLS"
        assert int(refused[-1].headers["Retry-After"]) >= 1


@pytest.mark.asyncio
async def test_a_call_under_a_key_is_done_once(platform: GatewayPlatform) -> None:
    headers = {**platform.bearer(), "Idempotency-Key": "k-1"}
    body = {"contact_ids": ["c-1"]}
    first = await platform.http.post("/api/v1/contacts:commit", json=body, headers=headers)
    again = await platform.http.post("/api/v1/contacts:commit", json=body, headers=headers)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(platform.services.asked("CommitContacts")) == 1
    other = await platform.http.post("/api/v1/contacts:commit", json={"contact_ids": ["c-2"]}, headers=headers)
    assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    elsewhere = {**platform.bearer("ISRO", "PLANNER"), "Idempotency-Key": "k-1"}
    await platform.http.post("/api/v1/contacts:commit", json=body, headers=elsewhere)
    assert len(platform.services.asked("CommitContacts")) == 2


@pytest.mark.asyncio
async def test_of_concurrent_calls_under_a_key_one_is_done(platform: GatewayPlatform) -> None:
    running, finish = asyncio.Event(), asyncio.Event()

    async def slow() -> plan_pb2.ValidatePlanResponse:
        running.set()
        await finish.wait()
        return plan_pb2.ValidatePlanResponse()

    platform.services.answers["ValidatePlan"] = lambda _: slow()
    headers = {**platform.bearer(), "Idempotency-Key": "k-2"}

    async def call() -> tuple[int, str]:
        answer = await platform.http.post("/api/v1/plans/p:validate", headers=headers)
        return answer.status_code, answer.json().get("reason", "")

    first = asyncio.create_task(call())
    await running.wait()
    others = await asyncio.gather(*(call() for _ in range(4)))
    assert others == [(409, "IDEMPOTENCY_KEY_IN_USE")] * 4
    finish.set()
    assert await first == (200, "")
    assert await call() == (200, "")
    assert len(platform.services.asked("ValidatePlan")) == 1


@pytest.mark.asyncio
async def test_a_refused_call_may_come_again_under_its_key(sqlite_platform: GatewayPlatform) -> None:
    headers = {**sqlite_platform.bearer(), "Idempotency-Key": "k-3"}
    sqlite_platform.services.answers["ValidatePlan"] = raising(ConflictError("BUSY", "later"))
    assert (await sqlite_platform.http.post("/api/v1/plans/p:validate", headers=headers)).status_code == 409
    del sqlite_platform.services.answers["ValidatePlan"]
    assert (await sqlite_platform.http.post("/api/v1/plans/p:validate", headers=headers)).status_code == 200
    too_long = {**sqlite_platform.bearer(), "Idempotency-Key": "k" * 256}
    answer = await sqlite_platform.http.post("/api/v1/plans/p:validate", headers=too_long)
    assert answer.json()["reason"] == "INVALID_IDEMPOTENCY_KEY"


@pytest.mark.asyncio
@pytest.mark.parametrize("form", [False, True])
async def test_terrain_goes_on_piece_by_piece(sqlite_platform: GatewayPlatform, form: bool) -> None:
    content = bytes(range(256)) * 4096
    if form:
        files = {"file": ("ridge.tif", content, "image/tiff")}
        data = {"title": "Ridge", "source": "PGDA"}
        answer = await sqlite_platform.http.post(
            "/api/v1/terrains", files=files, data=data, headers=sqlite_platform.bearer()
        )
    else:
        headers = {**sqlite_platform.bearer(), "Content-Type": "application/octet-stream"}
        query = {"title": "Ridge", "source": "PGDA", "file_name": "ridge.tif"}
        answer = await sqlite_platform.http.post("/api/v1/terrains", content=content, params=query, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/terrains/{answer.json()['terrain_id']}"
    (messages,) = sqlite_platform.services.asked("RegisterTerrain")
    assert messages[0].header == terrain_pb2.TerrainHeader(title="Ridge", source="PGDA", file_name="ridge.tif")
    assert b"".join(message.chunk for message in messages[1:]) == content
    assert len(messages) > 4


@pytest.mark.asyncio
async def test_a_title_is_given_in_the_form_or_in_the_query(sqlite_platform: GatewayPlatform) -> None:
    answer = await sqlite_platform.http.post(
        "/api/v1/terrains?title=Rim&source=PGDA",
        files={"file": ("ridge.tif", b"x", "image/tiff")},
        data={"title": "Ridge"},
        headers=sqlite_platform.bearer(),
    )
    assert answer.status_code == 422
    assert [(fault["path"], fault["code"]) for fault in answer.json()["errors"]] == [("title", "DUPLICATE")]
    assert not sqlite_platform.services.asked("RegisterTerrain")


def _form(title: bytes, of_title: bytes = b"", of_file: bytes = b'filename="a.tif"') -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="title"' + of_title + b"\r\n\r\n" + title + b"\r\n"
        b'--x\r\nContent-Disposition: form-data; name="file"; ' + of_file + b"\r\n\r\nII*\r\n--x--\r\n"
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("content", "path", "code"),
    [
        (_form(b"Cr\xeate"), "title", "NOT_UTF8"),
        (_form(b"a", of_file=b'filename="cr\xeate.tif"'), "file.filename", "NOT_UTF8"),
        (_form(b"a", of_file=b"filename=\"a.tif\"; filename*=ISO-8859-1''cr%EAte"), "file.filename", "WRONG_ENCODING"),
        (_form(b"a", b"\r\nContent-Type: text/plain; charset=utf-16"), "title", "WRONG_ENCODING"),
        (_form(b"UmlkZ2U=", b"\r\nContent-Transfer-Encoding: base64"), "title", "WRONG_ENCODING"),
        (_form(b"a\x07b"), "title", "CONTROL_CHARACTER"),
        (_form(b"a" * 501), "title", "STRING_TOO_LONG"),
    ],
)
async def test_text_of_a_form_is_utf8_or_refused(
    sqlite_platform: GatewayPlatform, content: bytes, path: str, code: str
) -> None:
    headers = {**sqlite_platform.bearer(), "Content-Type": "multipart/form-data; boundary=x"}
    answer = await sqlite_platform.http.post("/api/v1/terrains", content=content, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_REQUEST")
    assert [(fault["path"], fault["code"]) for fault in answer.json()["errors"]] == [(path, code)]
    assert not sqlite_platform.services.asked("RegisterTerrain")


@pytest.mark.asyncio
async def test_text_of_a_form_may_be_of_any_script(sqlite_platform: GatewayPlatform) -> None:
    headers = {**sqlite_platform.bearer(), "Content-Type": "multipart/form-data; boundary=x; charset=UTF-8"}
    content = _form("Crête 峰".encode(), of_file='filename="峰.tif"'.encode())
    answer = await sqlite_platform.http.post("/api/v1/terrains", content=content, headers=headers)
    assert answer.status_code == 201
    (messages,) = sqlite_platform.services.asked("RegisterTerrain")
    assert (messages[0].header.title, messages[0].header.file_name) == ("Crête 峰", "峰.tif")


@pytest.mark.asyncio
async def test_too_large_a_terrain_is_refused_while_it_streams(
    sqlite_service_runtime: ServiceLauncher,
) -> None:
    path = sqlite_service_runtime.data_dir / "keys.json"
    async with open_platform(sqlite_service_runtime, path, max_upload_bytes=100_000) as platform:
        headers = {**platform.bearer(), "Content-Type": "application/octet-stream"}

        async def pieces() -> object:
            for _ in range(5):
                yield bytes(50_000)

        for content in (pieces(), bytes(250_000)):
            answer = await platform.http.post("/api/v1/terrains", content=content, headers=headers)  # type: ignore[arg-type]
            assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")
        wrong = {**platform.bearer(), "Content-Type": "application/json"}
        assert (await platform.http.post("/api/v1/terrains", content=b"{}", headers=wrong)).status_code == 415
        missing = await platform.http.post("/api/v1/terrains", files={"other": b"x"}, headers=platform.bearer())
        assert missing.json()["errors"][0]["path"] == "file"


@pytest.mark.asyncio
async def test_a_number_that_json_cannot_hold_is_a_bad_gateway(sqlite_platform: GatewayPlatform) -> None:
    broken: Any = sample(site_pb2.GetSiteResponse())
    broken.site.score = float("nan")
    sqlite_platform.services.answers["GetSite"] = lambda _: broken
    answer = await sqlite_platform.http.get("/api/v1/sites/s", headers=sqlite_platform.bearer())
    assert (answer.status_code, answer.json()["reason"]) == (502, "INVALID_SERVICE_RESPONSE")


@pytest.mark.asyncio
async def test_list_filters_go_on(sqlite_platform: GatewayPlatform) -> None:
    path = "/api/v1/window-sets/w/windows?kinds=CONTACT&kinds=DARKNESS&place_ids=a&without_profiles=true&page_size=7"
    answer = await sqlite_platform.http.get(path, headers=sqlite_platform.bearer())
    assert answer.status_code == 200
    (asked,) = sqlite_platform.services.asked("ListWindows")
    assert (list(asked.kinds), list(asked.place_ids), asked.without_profiles) == ([4, 2], ["a"], True)
    assert asked.page.page_size == 7


@pytest.mark.asyncio
async def test_missions_version_is_asked(sqlite_platform: GatewayPlatform) -> None:
    answer = await sqlite_platform.http.get("/api/v1/missions/m/versions/3", headers=sqlite_platform.bearer())
    assert answer.json()["document"] == {"mission_id": "lupex"}
    assert sqlite_platform.services.asked("GetMission") == [mission_pb2.GetMissionRequest(mission_id="m", version=3)]
