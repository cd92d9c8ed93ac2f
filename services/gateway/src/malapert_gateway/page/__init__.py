"""The page of the platform at `/`: built from `web/` into `built/`, which is not in git."""

import gzip
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

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
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Malapert</title>
<h1>Malapert runs; its page was not built</h1>
<p>The packages of the page could not be installed when Malapert was set up. Run <code>make web</code> and load this
again. The API is complete without the page: <a href="/docs">its calls</a>.</p>
</html>
"""


class _Assets(StaticFiles):
    """Files whose names hold a hash of their content, and which therefore never change."""

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        """Return a file's answer, to be kept for a year; compressed for who takes that, as long links need it."""
        asked = Headers(scope=scope)
        path = Path(full_path)
        response: Response
        if path.suffix in _TYPES and "range" not in asked and _takes_gzip(asked.get("accept-encoding", "")):
            headers = {"Content-Encoding": "gzip"}
            response = Response(_compressed(path), status_code, headers, media_type=_TYPES[path.suffix])
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Vary"] = "Accept-Encoding"
        return response


def _takes_gzip(accepted: str) -> bool:
    """Return whether gzip is among the codings that a request accepts (RFC 9110, 12.5.3)."""
    codings = {}
    for coding in accepted.lower().split(","):
        name, *weights = (part.strip() for part in coding.split(";"))
        codings[name] = not any(re.fullmatch(r"q=0(\.0*)?", weight) for weight in weights)
    return codings.get("gzip", codings.get("*", False))


@lru_cache(maxsize=32)
def _compressed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


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
