"""Events: CloudEvents 1.0 over NATS in binary mode, on subjects ``malapert.<area>.v1.<entity>.<past participle>``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeVar

from google.protobuf.message import DecodeError, Message
from nats.aio.msg import Msg

from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.audience import Visibility
from malapert_core.timestamps import format_time, parse_time

MESSAGE_ID_HEADER = "Nats-Msg-Id"
_SUBJECT = re.compile(r"malapert\.[a-z_]+\.v[0-9]+\.[a-z_]+\.[a-z_]+")
_REQUIRED = ("ce-id", "ce-source", "ce-specversion", "ce-type", "ce-time")

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that a service announces.

    ``entity_id`` is the CloudEvents subject; ``agency_id`` is the owner, empty where nobody owns it;
    ``party_agency_ids`` are other agencies that may see it as the owner does; ``traceparent`` is the trace that caused
    the event.
    """

    event_id: str
    subject: str
    source: str
    time: datetime
    entity_id: str
    agency_id: str
    visibility: Visibility
    data: bytes
    traceparent: str = ""
    party_agency_ids: tuple[str, ...] = ()

    def headers(self) -> dict[str, str]:
        """Return the NATS headers of the event."""
        headers = {
            "ce-id": self.event_id,
            "ce-source": self.source,
            "ce-specversion": "1.0",
            "ce-type": self.subject,
            "ce-time": format_time(self.time),
            "ce-subject": self.entity_id,
            "ce-agencyid": self.agency_id,
            "ce-partyagencyids": ",".join(self.party_agency_ids),
            "ce-visibility": self.visibility.value,
            "content-type": "application/protobuf",
            MESSAGE_ID_HEADER: self.event_id,
        }
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        return {name: value for name, value in headers.items() if value}

    @classmethod
    def of(cls, headers: Mapping[str, str], data: bytes) -> Self:
        """Return the event that headers and data state.

        Raises
        ------
        InvalidInputError
            ``INVALID_EVENT`` where it is no CloudEvent 1.0 of the platform, with all its faults.
        """
        faults = [Fault(name, "MISSING", "a CloudEvent needs it") for name in _REQUIRED if not headers.get(name)]
        if headers.get("ce-visibility") not in tuple(Visibility):
            faults.append(Fault("ce-visibility", "UNKNOWN_VALUE", "use public, mission or owner"))
        if faults:
            raise InvalidInputError("INVALID_EVENT", "the message is no event of the platform", faults=faults)
        return cls(
            event_id=headers["ce-id"],
            subject=headers["ce-type"],
            source=headers["ce-source"],
            time=parse_time(headers["ce-time"]),
            entity_id=headers.get("ce-subject", ""),
            agency_id=headers.get("ce-agencyid", ""),
            party_agency_ids=tuple(filter(None, headers.get("ce-partyagencyids", "").split(","))),
            visibility=Visibility(headers["ce-visibility"]),
            data=data,
            traceparent=headers.get("traceparent", ""),
        )

    @classmethod
    def from_message(cls, message: Msg) -> Self:
        """Return the event that a NATS message carries; raises as `of` does."""
        return cls.of(message.headers or {}, message.data)

    def parse(self, message_class: type[M]) -> M:
        """Return the protobuf message in the event's data.

        Raises
        ------
        InvalidInputError
            ``INVALID_EVENT`` where the data are no such message.
        """
        try:
            return message_class.FromString(self.data)
        except DecodeError as error:
            message = f"the data of {self.subject} are no {message_class.DESCRIPTOR.full_name}"
            raise InvalidInputError("INVALID_EVENT", message) from error


def require_subject(subject: str) -> str:
    """Return the subject; raise ValueError where it does not follow the platform's form."""
    if not _SUBJECT.fullmatch(subject):
        raise ValueError(f"{subject!r} is not malapert.<area>.v<n>.<entity>.<past participle>")
    return subject
