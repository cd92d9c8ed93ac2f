"""Position of a reader in the feed of events."""

from dataclasses import dataclass, field, replace

from malapert_core.errors import Fault, InvalidInputError
from malapert_core.events.streams import AREAS

_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """Position of a reader in each area's stream.

    ``made_ms_by_area`` says when each stream was made, Unix milliseconds, where that is known: it tells a stream from
    one that took its place after the broker had lost its files. ``gap_areas`` are those of which events before this
    position may be missed, or come a second time.
    """

    sequence_by_area: tuple[tuple[str, int], ...]
    made_ms_by_area: tuple[tuple[str, int], ...] = ()
    gap_areas: tuple[str, ...] = field(default=(), compare=False)

    @property
    def text(self) -> str:
        """The cursor as the identifier of an event in the feed."""
        made = dict(self.made_ms_by_area)
        return ",".join(
            f"{area}={sequence}@{made[area]}" if area in made else f"{area}={sequence}"
            for area, sequence in self.sequence_by_area
        )

    @classmethod
    def parse(cls, text: str) -> "FeedCursor":
        """Return the cursor that a text states.

        Raises
        ------
        InvalidInputError
            ``INVALID_LAST_EVENT_ID``.
        """
        parts = [entry.partition("=") for entry in text.split(",")]
        found = [(area, _numbers(rest)) for area, _, rest in parts]
        if [area for area, _ in found] != list(AREAS) or not all(numbers for _, numbers in found):
            fault = Fault("Last-Event-ID", "INVALID_LAST_EVENT_ID", "use the id of an event of this feed, unchanged")
            raise InvalidInputError("INVALID_LAST_EVENT_ID", "the event id is not one of this feed", faults=[fault])
        return cls(
            tuple((area, numbers[0]) for area, numbers in found),
            tuple((area, numbers[1]) for area, numbers in found if len(numbers) > 1),
        )

    def at(self, area: str, sequence: int) -> "FeedCursor":
        """Return the cursor after an area's event."""
        moved = tuple((name, sequence if name == area else number) for name, number in self.sequence_by_area)
        return replace(self, sequence_by_area=moved)


@dataclass(frozen=True, slots=True)
class StreamState:
    """State of an area's stream: when it was made, Unix milliseconds, and the numbers of its first and last events."""

    made_ms: int
    first: int
    last: int


def resumed(asked: FeedCursor, present: dict[str, StreamState]) -> FeedCursor:
    """Return where a reader goes on in the streams that there are now, and of which areas it may have missed events."""
    made_ms = dict(asked.made_ms_by_area)
    sequences, gaps = [], []
    for area, sequence in asked.sequence_by_area:
        state = present[area]
        # What is in a stream that was made anew is new to the reader, as far as can be told.
        is_another = sequence > state.last or made_ms.get(area, state.made_ms) != state.made_ms
        sequences.append((area, 0 if is_another else sequence))
        if is_another or (state.last and sequence + 1 < state.first):
            gaps.append(area)
    return FeedCursor(tuple(sequences), made_by_area(present), tuple(gaps))


def made_by_area(present: dict[str, StreamState]) -> tuple[tuple[str, int], ...]:
    """Return when each area's stream was made."""
    return tuple((area, state.made_ms) for area, state in present.items())


def _numbers(text: str) -> list[int]:
    """Return the numbers before and after an @; none where one is none."""
    parts = text.split("@")
    fits = len(parts) <= 2 and all(p.isascii() and p.isdecimal() and len(p) <= _LONGEST_NUMBER for p in parts)
    return [int(part) for part in parts] if fits else []
