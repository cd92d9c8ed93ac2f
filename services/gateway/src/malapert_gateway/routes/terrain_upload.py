"""The upload of a digital elevation model: taken whole into a temporary file, then passed on piece by piece."""

import errno
from collections import Counter
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from malapert.landing_site.v1 import terrain_pb2
from malapert_core.errors import Fault, InvalidInputError, UnavailableError
from malapert_http_models.contracts.landing_site import Terrain
from starlette.datastructures import UploadFile

from malapert_gateway.conversion import to_model
from malapert_gateway.routes.forms import read_form
from malapert_gateway.routes.guarded import UploadRoute
from malapert_gateway.routes.parameters import LOCATION, GatewayParts

router = APIRouter(tags=["terrain"], route_class=UploadRoute)

_CHUNK_BYTES = 256 * 1024
_IN_MEMORY_BYTES = 4 * 1024 * 1024
_FORM_FIELDS = ("file", "title", "source")
_LONGEST = {"title": 500, "source": 2000, "file_name": 500}
"""Most characters of each text that comes with a file, in the query and in a form."""
_FORMATS = (
    "Elevations as GeoTIFF, as PDS3 image that begins with its label, or as classic NetCDF; or a zip archive of one of "
    "them, or of a PDS3 or JPEG 2000 image and its PDS3 label."
)
_FILE = {"type": "string", "format": "binary", "description": _FORMATS}
_TEXT = {"type": "string"}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": _FILE},
            "image/tiff": {"schema": _FILE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": _FILE, "title": _TEXT, "source": _TEXT},
                }
            },
        },
    }
}


@router.post("/terrains", status_code=201, responses={201: LOCATION}, openapi_extra=_BODY)
async def register_terrain(
    request: Request,
    response: Response,
    gateway: GatewayParts,
    title: Annotated[
        str, Query(max_length=_LONGEST["title"], description="Title for a person.", examples=["Ridge, 25 m"])
    ] = "",
    source: Annotated[
        str, Query(max_length=_LONGEST["source"], description="Where it came from.", examples=["PGDA 78"])
    ] = "",
    file_name: Annotated[
        str, Query(max_length=_LONGEST["file_name"], description="Name of the file.", examples=["ridge.tif"])
    ] = "",
    mission_id: Annotated[
        str,
        Query(max_length=200, description="Mission whose members see it; empty: the agency alone.", examples=["lupex"]),
    ] = "",
) -> Terrain:
    """Register a digital elevation model as terrain; the same heights on the same grid give the same terrain.

    The file is the body itself, with title and source in the query, or a form of `file`, `title` and `source`.
    """
    header = terrain_pb2.TerrainHeader(title=title, source=source, file_name=file_name, mission_id=mission_id)
    is_form = request.headers.get("content-type", "").lower().startswith("multipart/form-data")
    # The whole file is here before the service hears of it: a broken upload must not look like a shorter file.
    try:
        file = await _form_file(request, header) if is_form else await _body_file(request)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        message = "the gateway's disk for temporary files is full; ask again when there is room"
        raise UnavailableError("DISK_FULL", message) from error
    try:
        answer = await gateway.upload(gateway.services.terrains.RegisterTerrain, _messages(header, file))
    finally:
        await file.close()
    terrain = to_model(answer.terrain, Terrain)
    response.headers["Location"] = f"/api/v1/terrains/{terrain.terrain_id}"
    return terrain


async def _body_file(request: Request) -> UploadFile:
    file = UploadFile(SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES))  # type: ignore[arg-type]  # noqa: SIM115
    try:
        async for chunk in request.stream():
            await file.write(chunk)
        await file.seek(0)
    except BaseException:
        await file.close()
        raise
    return file


async def _form_file(request: Request, header: terrain_pb2.TerrainHeader) -> UploadFile:
    form = await read_form(request, max_files=1, max_fields=len(_FORM_FIELDS) - 1)
    file = form.get("file")
    faults = [] if isinstance(file, UploadFile) else [Fault("file", "MISSING", "the form needs a file")]
    counts = Counter(name for name, _ in form.multi_items())
    faults += [
        Fault(name, "EXTRA_FORBIDDEN", f"once each are allowed: {', '.join(_FORM_FIELDS)}")
        for name, count in counts.items()
        if name not in _FORM_FIELDS or count > 1
    ]
    faults += [
        Fault(
            name, "DUPLICATE", f"it is given in the form and in the query as {getattr(header, name)[:80]!r}; give one"
        )
        for name in ("title", "source")
        if name in counts and getattr(header, name)
    ]
    if isinstance(file, UploadFile):
        texts = {"title": form.get("title", ""), "source": form.get("source", ""), "file_name": file.filename or ""}
        faults += [
            Fault(name, "STRING_TOO_LONG", f"at most {_LONGEST[name]} characters are allowed, not {len(str(text))}")
            for name, text in texts.items()
            if len(str(text)) > _LONGEST[name]
        ]
    if faults or not isinstance(file, UploadFile):
        await form.close()
        raise InvalidInputError("INVALID_REQUEST", f"the form has {len(faults)} faults", faults=faults)
    header.title = str(form.get("title", header.title))
    header.source = str(form.get("source", header.source))
    header.file_name = file.filename or header.file_name
    return file


async def _messages(
    header: terrain_pb2.TerrainHeader, file: UploadFile
) -> AsyncIterator[terrain_pb2.RegisterTerrainRequest]:
    yield terrain_pb2.RegisterTerrainRequest(header=header)
    while chunk := await file.read(_CHUNK_BYTES):
        yield terrain_pb2.RegisterTerrainRequest(chunk=chunk)
