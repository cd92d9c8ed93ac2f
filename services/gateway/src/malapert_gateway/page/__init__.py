"""The page of the platform at `/`: built from `web/` into `built/`, which is not in git."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

BUILT = Path(__file__).parent / "built"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Malapert</title>
<h1>Malapert runs; its page was not built</h1>
<p>The packages of the page could not be installed when Malapert was set up. Run <code>make web</code> and load this
again. The API is complete without the page: <a href="/docs">its calls</a>.</p>
</html>
"""


class _Assets(StaticFiles):
    """Files whose names hold a hash of their content, and which therefore never change."""

    def file_response(self, *arguments: Any, **named: Any) -> Response:
        """Return a file's answer, to be kept for a year."""
        response = super().file_response(*arguments, **named)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def install(app: FastAPI, built: Path = BUILT) -> None:
    """Serve the page, or say that it was not built."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}

    async def page() -> Response:
        index = built / "index.html"
        if index.is_file():
            return FileResponse(index, headers=headers, media_type="text/html")
        return HTMLResponse(_NOT_BUILT, headers=headers)

    app.add_api_route("/", page, include_in_schema=False)
    app.mount("/assets", _Assets(directory=built / "assets", check_dir=False))
