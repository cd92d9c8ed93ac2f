"""A caller that is gone before its body is whole: nothing is done, and nothing of it is told as a defect."""

from typing import Any

import pytest
import structlog
from gateway_platform import GatewayPlatform

FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="dem.tif"\r\n\r\nII*'


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "media_type", "begun"),
    [
        ("/api/v1/contacts:reject", "application/json", b'{"contact_ids": ["con'),
        ("/api/v1/missions", "application/json", b'{"mission": {'),
        ("/api/v1/missions/lupex/requests:import", "text/csv", b"request_id,title"),
        ("/api/v1/orbiters", "application/json", b'{"orbiter_id": "a'),
        ("/api/v1/schedules:read", "application/xml", b"<simpleSchedule>"),
        ("/api/v1/terrains?title=a&source=b&file_name=dem.tif", "application/octet-stream", b"II*\x00"),
        ("/api/v1/terrains", "multipart/form-data; boundary=x", FORM),
        ("/api/v1/terrains", "multipart/form-data; boundary=x", b""),
    ],
)
async def test_a_body_that_is_cut_off_does_nothing_and_is_no_defect(
    sqlite_platform: GatewayPlatform, path: str, media_type: str, begun: bytes
) -> None:
    address, _, query = path.partition("?")
    headers = {**sqlite_platform.bearer(role="PLANNER"), "Content-Type": media_type, "Content-Length": "5000"}
    received = iter([{"type": "http.request", "body": begun, "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": address, "raw_path": address.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("gateway", 80), "state": {},
    }  # fmt: skip
    with structlog.testing.capture_logs() as logged:
        await sqlite_platform.app(scope, receive, send)
    assert not [entry for entry in logged if entry["log_level"] == "error"]
    assert [message["status"] for message in sent if message["type"] == "http.response.start"] == [400]
    assert b"BODY_CUT_OFF" in b"".join(message.get("body", b"") for message in sent)
    assert sqlite_platform.services.calls == []
