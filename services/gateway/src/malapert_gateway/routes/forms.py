"""Forms of several parts (RFC 7578), read strictly: text in UTF-8, and nothing that a part states passed over."""

import re

from malapert_core.documents.text import text_fault
from malapert_core.errors import Fault, InvalidInputError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

_EXTENDED = re.compile(rb";\s*(?:file)?name\*", re.IGNORECASE)
_AS_IT_IS = (b"7bit", b"8bit", b"binary")


async def read_form(request: Request, *, max_files: int, max_fields: int) -> FormData:
    """Return the parts of a form; what is read stays open until the form is closed.

    Raises
    ------
    InvalidInputError
        ``INVALID_REQUEST`` with each text that is no UTF-8 or has control characters, and each encoding that is not
        read.
    HTTPException
        400 where it is no form, or has too many parts.
    """
    parser = _StrictParser(request.headers, request.stream(), max_files=max_files, max_fields=max_fields)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400, error.message) from error
    if parser.faults:
        await form.close()
        message = f"the form has {len(parser.faults)} faults"
        raise InvalidInputError("INVALID_REQUEST", message, faults=parser.faults)
    return form


class _StrictParser(MultiPartParser):
    """Notes what the parser itself would read as Latin-1, or pass over."""

    faults: list[Fault]

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self.faults = []

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        part = self._current_part
        disposition = part.content_disposition or b""
        name = part.field_name[:80]
        for key in (b"name", b"filename"):
            self._check_text(parse_options_header(disposition)[1].get(key, b""), f"{name}.{key.decode()}")
        if _EXTENDED.search(disposition):
            self._fault(f"{name}.filename", "WRONG_ENCODING", "filename* is not read; write filename, in UTF-8")
        for header, value in part.item_headers:
            if header == b"content-transfer-encoding" and value.strip().lower() not in _AS_IT_IS:
                self._fault(
                    name, "WRONG_ENCODING", f"its transfer encoding {value[:40]!r} is not read; send it as it is"
                )
            if header == b"content-type" and part.file is None:
                stated = parse_options_header(value)[1].get(b"charset", b"utf-8").decode("latin-1")
                if stated.casefold() not in ("utf-8", "utf8", "us-ascii"):
                    self._fault(name, "WRONG_ENCODING", f"its character set {stated[:40]!r} is not read; utf-8 is")

    def on_part_end(self) -> None:
        if self._current_part.file is None:
            self._check_text(bytes(self._current_part.data), self._current_part.field_name[:80])
        super().on_part_end()

    def _check_text(self, content: bytes, path: str) -> None:
        try:
            fault = text_fault(content.decode("utf-8"), path)
        except UnicodeDecodeError as error:
            fault = Fault(path, "NOT_UTF8", f"byte {error.start + 1} is no UTF-8: {error.reason}")
        if fault is not None:
            self.faults.append(fault)

    def _fault(self, path: str, code: str, message: str) -> None:
        self.faults.append(Fault(path, code, message))
