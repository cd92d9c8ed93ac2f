"""Models of the key ledger, one for one with the contract's messages."""

from typing import ClassVar

from google.protobuf.message import Message
from malapert.comms_window.v1 import key_pb2
from pydantic import Field

from malapert_gateway.models.wire import Int64, UInt32, UtcTime, WireModel


class KeyStore(WireModel):
    """What two agencies share."""

    message_type: ClassVar[type[Message]] = key_pb2.KeyStore

    agency_ids: list[str] = Field(description="The two agencies, in order of their names.", examples=[["ISRO", "JAXA"]])
    balance_bit: Int64 = Field(description="Bits in store.", examples=[3000000])
    made_bit: Int64 = Field(description="Bits ever made.", examples=[4200000])
    used_bit: Int64 = Field(description="Bits ever used.", examples=[1200000])
    version: UInt32 = Field(description="Counts entries.", examples=[1])


class KeyEntry(WireModel):
    """One booking of a store."""

    message_type: ClassVar[type[Message]] = key_pb2.KeyEntry

    entry_id: str = Field(description="Identifier.", examples=["entry-33c1"])
    agency_ids: list[str] = Field(description="The two agencies, in order of their names.", examples=[["ISRO", "JAXA"]])
    amount_bit: Int64 = Field(description="Bits made, or, negative, used.", examples=[300000])
    balance_bit: Int64 = Field(description="Bits in store afterwards.", examples=[3000000])
    reason: str = Field(description="The pass or the use, for a person.", examples=["hydraulics"])
    contact_id: str = Field(
        description="The contact over which the bits were made; empty for a use.", examples=["contact-9a1f"]
    )
    agency_id: str = Field(description="The agency that booked it.", examples=["JAXA"])
    created_time: UtcTime | None = Field(None, description="When it was booked.", examples=["2028-11-02T00:00:00Z"])


class RecordKeysRequest(WireModel):
    """Asks for a booking."""

    message_type: ClassVar[type[Message]] = key_pb2.RecordKeysRequest

    agency_ids: list[str] = Field(description="The two agencies.", examples=[["ISRO", "JAXA"]])
    amount_bit: Int64 = Field(description="Bits made, or, negative, used.", examples=[300000])
    reason: str = Field(description="The pass or the use, for a person.", examples=["hydraulics"])
    contact_id: str = Field(
        "", description="The contact over which the bits were made; empty for a use.", examples=["contact-9a1f"]
    )


class KeyBooking(WireModel):
    """The booking."""

    message_type: ClassVar[type[Message]] = key_pb2.RecordKeysResponse

    entry: KeyEntry | None = Field(None, description="The entry.")
    store: KeyStore | None = Field(None, description="The store afterwards.")


class KeyStorePage(WireModel):
    """A page of stores."""

    message_type: ClassVar[type[Message]] = key_pb2.ListKeyStoresResponse

    stores: list[KeyStore] = Field(description="The stores.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])


class KeyEntryPage(WireModel):
    """A page of entries."""

    message_type: ClassVar[type[Message]] = key_pb2.ListKeyEntriesResponse

    entries: list[KeyEntry] = Field(description="The entries.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])
