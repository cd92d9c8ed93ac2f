"""Rights of each process on the broker, from which the configurations of the embedded broker and of deploy/ are made.

A user publishes the events of its own area alone, reads the streams that it follows through its own consumers, and
answers that are meant for it. Nobody but `SETUP` makes or changes a stream of events: a stream's own configuration
could copy from others and publish anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from malapert_core.events.streams import AREAS, DEAD_LETTER_PREFIX, DEAD_LETTER_STREAM, stream_of

SETUP = "broker_setup"
SOLVER = "solver"
USERS = (*AREAS, "gateway", SOLVER, SETUP)
"""Users of the broker: the services, the solver workers, and what makes the streams."""

FOLLOWED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "payload": {"payload-plans": ("planner",)},
    "planner": {
        "planner-requests": ("payload",),
        "planner-catalogue": ("payload",),
        "planner-contacts": ("comms_window",),
        "planner-outages": ("comms_window",),
    },
}
"""Durable consumers of each service, and the areas whose events each follows."""

JOBS_STREAM = "MALAPERT_PLANNER_JOBS"
JOBS_BUCKET = "malapert-planner-jobs"
_CLIENTS = {SOLVER: "planner-worker", SETUP: "broker-setup"}
_API = "$JS.API"


@dataclass(frozen=True, slots=True)
class Rights:
    """Subjects that a user may publish to and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def client_name(user: str) -> str:
    """Return the name under which a user's process connects, and below which its answers come."""
    return f"malapert-{_CLIENTS.get(user, user)}"


def rights_of(user: str) -> Rights:
    """Return the rights of one of `USERS`."""
    publish = [*_events_of(user), *_consumers_of(user)]
    subscribe = [f"_INBOX.{client_name(user)}.>"]
    if user == "gateway":
        publish += [right for area in AREAS for right in _feed_of(_stream(area))]
    if user == SETUP:
        streams = [*map(_stream, AREAS), DEAD_LETTER_STREAM]
        publish += [f"{_API}.STREAM.{verb}.{name}" for name in streams for verb in ("CREATE", "UPDATE", "INFO")]
    if user in ("planner", SOLVER):
        publish += _work_of(user)
        subscribe.append("malapert_job_news.planner.v1.>")
    return Rights(tuple(publish), tuple(subscribe))


def broker_users(passwords: Mapping[str, str]) -> list[dict[str, object]]:
    """Return the users of the broker's configuration with their passwords."""
    return [
        {
            "user": user,
            "password": passwords[user],
            "permissions": {"publish": list(rights.publish), "subscribe": list(rights.subscribe)},
        }
        for user in USERS
        for rights in (rights_of(user),)
    ]


def _events_of(user: str) -> list[str]:
    if user not in AREAS:
        return []
    return [f"malapert.{user}.v1.>", f"{_API}.STREAM.INFO.{_stream(user)}"]


def _consumers_of(user: str) -> list[str]:
    rights = []
    for durable, areas in FOLLOWED.get(user, {}).items():
        rights.append(f"{DEAD_LETTER_PREFIX}.{durable}")
        for stream in map(_stream, areas):
            verbs = ("DURABLE.CREATE", "INFO", "MSG.NEXT")
            rights += [f"{_API}.CONSUMER.{verb}.{stream}.{durable}" for verb in verbs]
            rights.append(f"$JS.ACK.{stream}.{durable}.>")
    return rights


def _feed_of(stream: str) -> list[str]:
    """Return what a reader needs that leaves no trace: its consumer has no name, so that it can be nobody else's."""
    return [f"{_API}.STREAM.INFO.{stream}", f"{_API}.CONSUMER.CREATE.{stream}", f"$JS.FC.{stream}.>"]


def _work_of(user: str) -> list[str]:
    store = f"OBJ_{JOBS_BUCKET}"
    rights = [f"{_API}.STREAM.{verb}.{JOBS_STREAM}" for verb in ("CREATE", "UPDATE", "INFO", "MSG.GET")]
    rights += [f"{_API}.CONSUMER.{verb}.{JOBS_STREAM}.*" for verb in ("DURABLE.CREATE", "INFO", "MSG.NEXT")]
    rights += [f"$JS.ACK.{JOBS_STREAM}.>", f"{_API}.STREAM.NAMES", f"$O.{JOBS_BUCKET}.>", f"$JS.FC.{store}.>"]
    rights += [f"{_API}.STREAM.{verb}.{store}" for verb in ("CREATE", "INFO", "PURGE", "MSG.GET")]
    rights += [f"{_API}.CONSUMER.*.{store}", f"{_API}.CONSUMER.*.{store}.>"]
    if user == SOLVER:
        return ["malapert_job_news.planner.v1.*.progress", *rights]
    own = ["malapert_job.planner.v1.>", "malapert_job_news.planner.v1.>", f"{_API}.STREAM.MSG.DELETE.{JOBS_STREAM}"]
    return [*own, *rights]


def _stream(area: str) -> str:
    return stream_of(f"malapert.{area}.v1")
