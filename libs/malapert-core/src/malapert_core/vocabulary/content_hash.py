"""Canonical JSON and content hashes: the same content has the same hash everywhere."""

import hashlib
import json
from typing import Any


def canonical_json(content: Any) -> bytes:
    """Return JSON in UTF-8 with sorted keys and no spaces; NaN and infinities are refused by ValueError."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def bytes_hash(content: bytes) -> str:
    """Return the SHA-256 of bytes as ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def content_hash(content: Any) -> str:
    """Return the SHA-256 of the canonical JSON of plain content as ``sha256:<hex>``."""
    return bytes_hash(canonical_json(content))
