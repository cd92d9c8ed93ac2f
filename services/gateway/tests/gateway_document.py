"""The gateway's OpenAPI document, made once for all tests of a process."""

from typing import Any

from malapert_gateway.app import create_app

DOCUMENT: dict[str, Any] = create_app().openapi()
