"""The one mapping between messages and domain values, by the names of their fields, which are the same on both sides.

=====================  ==================================================================================
domain's field         message's field
=====================  ==================================================================================
``X | None``           a message or optional field that need not be set
``tuple[X, ...]``      a repeated field
``NDArray``            a repeated number
``dict[str, X]``       a map
a dataclass            a message
``datetime``           ``google.protobuf.Timestamp``
``IntEnum``            an enumeration by number; a number of a later contract is the unspecified value
``Enum`` of text       an enumeration by name: ``CONTACT_STATE_HELD`` is the member ``HELD``; a number without a
                       name is the member or alias ``UNSPECIFIED``, and is refused where there is none
a property             a field that is only written
=====================  ==================================================================================

What one side holds in one field and the other lays flat is found where every name of it is there: the message's
``interval`` is ``start_time`` and ``end_time``, its ``occupied`` is ``occupied_start_time`` and ``occupied_end_time``
of a domain value without such fields; a dataclass for which the message has no field is all of its fields there.

Any other field that only one side has is left as that side's default, or is given by the caller.
"""

from malapert_core.rpc.mapping.enumerations import known, named, number_of, prefix_of
from malapert_core.rpc.mapping.reading import to_domain
from malapert_core.rpc.mapping.writing import to_message

__all__ = ["known", "named", "number_of", "prefix_of", "to_domain", "to_message"]
