"""Identifiers that sort by the time they were made."""

import secrets
import time
import uuid


def new_identifier() -> str:
    """Return a UUID version 7 (RFC 9562): unique over all services, and later ones sort after earlier ones."""
    unix_ms = time.time_ns() // 1_000_000
    value = (unix_ms & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
