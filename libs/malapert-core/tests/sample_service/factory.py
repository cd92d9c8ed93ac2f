from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

from malapert.landing_site.v1 import event_pb2
from malapert_core.config import ServiceSettings
from malapert_core.events.event import Event
from malapert_core.events.inbox import Subscription
from malapert_core.events.registry import subject_of
from malapert_core.operations.operations import OperationContext
from malapert_core.service import ServiceParts, ServiceRuntime
from malapert_core.timestamps import utc_now
from pydantic_settings import SettingsConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from sample_service.tables import NoteRow

MIGRATIONS = Path(__file__).parent / "migrations"
WRITTEN = subject_of(event_pb2.SitesRanked)
"""A note that was written is announced as the ranking of a search that has its identifier."""


class SampleSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="MALAPERT_SAMPLE_")
    service_name: ClassVar[str] = "sample"


@asynccontextmanager
async def build(runtime: ServiceRuntime[SampleSettings]) -> AsyncIterator[ServiceParts]:
    async def write_note(context: OperationContext) -> None:
        context.stage("write", "Writing the note")
        text = context.request.decode()
        if text == "never":
            await context.cancelled.wait()
            context.raise_if_cancelled()
        note_id = f"note-{context.operation_id}"
        async with context.finish(note_id) as session:
            session.add(NoteRow(note_id=note_id, content={"text": text}, created_time=utc_now()))
            runtime.outbox.add(
                session,
                event_pb2.SitesRanked(site_search_id=note_id),
                entity_id=note_id,
                agency_id=context.identity.agency_id,
            )

    async def copy_note(event: Event, session: AsyncSession) -> None:
        note_id = event.parse(event_pb2.SitesRanked).site_search_id
        content = {"copy_of": note_id, "agency": event.agency_id}
        session.add(NoteRow(note_id=f"copy-{note_id}", content=content, created_time=utc_now()))

    runtime.operations.register("write_note", write_note)
    yield ServiceParts(subscriptions=[Subscription("sample-notes", [WRITTEN], copy_note)])
