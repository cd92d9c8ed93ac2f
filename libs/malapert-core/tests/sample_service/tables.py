from datetime import datetime
from typing import Any

from malapert_core.db.database import Json, UtcDateTime, new_registry
from sqlalchemy import Text
from sqlmodel import Field, SQLModel


class SampleTable(SQLModel, registry=new_registry()):
    """Base of the sample's tables."""


class NoteRow(SampleTable, table=True):
    __tablename__ = "note"

    note_id: str = Field(sa_type=Text, primary_key=True)
    content: dict[str, Any] = Field(sa_type=Json)
    created_time: datetime = Field(sa_type=UtcDateTime)
