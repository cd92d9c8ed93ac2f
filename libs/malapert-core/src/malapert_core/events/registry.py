"""The registry of events: every message of the contracts that names the subject under which it is published."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

import malapert
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from malapert.type.v1 import event_subject_pb2

from malapert_core.events.event import Event, require_subject


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event: the subject it is published on, and the message that is its data."""

    subject: str
    message_class: type[Message]

    @property
    def area(self) -> str:
        """The area of the platform that announces it, such as ``planner``."""
        return self.subject.split(".")[1]


@cache
def event_types() -> Mapping[str, EventType]:
    """Return the kinds of events of the contracts by their subjects, in the order of these."""
    found = sorted(_walk(), key=lambda kind: kind.subject)
    return {kind.subject: kind for kind in found}


def subject_of(message: Message | type[Message]) -> str:
    """Return the subject under which a message is published as an event; raise ValueError where it is no event."""
    subject = message.DESCRIPTOR.GetOptions().Extensions[event_subject_pb2.event_subject]
    if not subject:
        raise ValueError(f"{message.DESCRIPTOR.full_name} states no event_subject")
    return str(subject)


def message_of(event: Event) -> Message | None:
    """Return the message in an event's data, None where its subject is not known or the data are no such message."""
    kind = event_types().get(event.subject)
    try:
        return None if kind is None else kind.message_class.FromString(event.data)
    except DecodeError:
        return None


def _walk() -> Iterator[EventType]:
    for module in walk_packages(malapert.__path__, "malapert."):
        if not module.name.endswith("_pb2"):
            continue
        for descriptor in import_module(module.name).DESCRIPTOR.message_types_by_name.values():
            if subject := descriptor.GetOptions().Extensions[event_subject_pb2.event_subject]:
                yield EventType(require_subject(subject), GetMessageClass(descriptor))
