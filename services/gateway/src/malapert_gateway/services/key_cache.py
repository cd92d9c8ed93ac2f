"""Keys as they were found a moment ago, so that not every call looks its key up."""

import time

from malapert_gateway.domain.agency import Agency
from malapert_gateway.domain.api_key import ApiKey

LIFETIME_S = 1.0
"""Longest time for which a key that was ended through another gateway, or on the host, still works, seconds; one that
was ended through this gateway works no more at once."""
_MOST_KEPT = 4096


class KeyCache:
    """Cache of usable keys with their agencies; of unknown keys nothing is kept."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, ApiKey, Agency]] = {}
        self.generation = 0

    def find(self, key_id: str) -> tuple[ApiKey, Agency] | None:
        """Return a key that was looked up less than `LIFETIME_S` ago, or None."""
        kept = self._kept.get(key_id)
        if kept is None or time.monotonic() - kept[0] >= LIFETIME_S:
            return None
        return kept[1], kept[2]

    def keep(self, key: ApiKey, agency: Agency, looked_up_s: float, generation: int) -> None:
        """Keep what was looked up at an instant of the monotonic clock, unless a key was changed since that look-up."""
        if generation != self.generation:
            return
        self._kept.pop(key.key_id, None)
        if len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key.key_id] = (looked_up_s, key, agency)

    def clear(self) -> None:
        """Forget all, for a key or an agency was changed."""
        self.generation += 1
        self._kept.clear()
