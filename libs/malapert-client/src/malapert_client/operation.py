"""An operation of the API, as the client has it."""

from typing import Literal, NamedTuple

Kind = Literal["value", "pages", "work", "stream"]


class Operation(NamedTuple):
    """How an operation is called, and what answers.

    ``answers`` has the answer's type by HTTP status: ``module.Class``, ``object``, ``bytes`` or ``nothing``. Of pages
    ``item`` is the list's field and the type of what is in it; of long work ``result_call`` reads what it made.
    """

    name: str
    method: str
    path: str
    kind: Kind
    answers: dict[str, str]
    item: str
    result_call: str
    media_type: str
