"""The key of the call that is being served: the same when the call comes again, so that it begins work only once."""

from contextvars import ContextVar

CALL_KEY_HEADER = "malapert-call-key"
"""Metadata of a call that carries its key from the gateway, which makes it of an idempotency key and the content."""
LONGEST_KEY = 128

_call_key: ContextVar[str] = ContextVar("malapert_call_key", default="")


def set_call_key(key: str) -> None:
    """State the key of the present call; empty where it has none."""
    _call_key.set(key)


def current_call_key() -> str:
    """Return the key of the present call; empty where it has none."""
    return _call_key.get()
