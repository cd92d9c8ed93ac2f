"""Names of the platform's streams and of the subjects that they hold."""

AREAS = ("landing_site", "comms_window", "payload", "planner")
"""Areas of the contracts, each with a stream of its own."""
DEAD_LETTER_STREAM = "MALAPERT_DEAD_LETTER"
DEAD_LETTER_PREFIX = "malapert.dead_letter.v1"


def stream_of(subject: str) -> str:
    """Return the name of the stream that holds a subject of the platform."""
    return f"MALAPERT_{subject.split('.')[1].upper()}"
