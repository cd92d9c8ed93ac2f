"""The documentation at `/guide`: built by `make docs` into `built/`, which is not in git."""

from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

BUILT = Path(__file__).parent / "built"
# The theme brings scripts and styles inside of its pages; nothing comes from elsewhere or goes there.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Malapert</title>
<h1>The guide was not built</h1>
<p>Run <code>make docs</code> and load this again.</p>
</html>
"""


class _Pages(StaticFiles):
    """The site's files under its policy."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file."""

        async def send_under_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", POLICY.encode())]
            await send(message)

        await super().__call__(scope, receive, send_under_policy)


def install(app: FastAPI, built: Path = BUILT) -> None:
    """Serve the guide, or say that it was not built."""

    async def guide() -> Response:
        if (built / "index.html").is_file():
            return RedirectResponse("/guide/index.html")
        return HTMLResponse(_NOT_BUILT, headers={"Content-Security-Policy": POLICY})

    app.add_api_route("/guide", guide, include_in_schema=False)
    app.mount("/guide", _Pages(directory=built, check_dir=False))
