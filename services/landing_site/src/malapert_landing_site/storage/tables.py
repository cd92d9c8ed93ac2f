"""Tables of the landing-site service; contents are the domain's values as JSON."""

from datetime import datetime
from typing import Any

from malapert_core.db.database import Json, UtcDateTime, new_registry
from sqlalchemy import Text
from sqlmodel import Field, SQLModel


class LandingSiteTable(SQLModel, registry=new_registry()):
    """Base of the service's tables."""


class TerrainRow(LandingSiteTable, table=True):
    """A registered terrain; `sort_key` puts the built-in ones first."""

    __tablename__ = "terrain"

    terrain_id: str = Field(sa_type=Text, primary_key=True)
    sort_key: str = Field(sa_type=Text, unique=True)
    content: dict[str, Any] = Field(sa_type=Json)
    created_time: datetime = Field(sa_type=UtcDateTime)
    owner_agency_id: str = Field(default="", sa_type=Text)
    mission_id: str = Field(default="", sa_type=Text)


class TerrainStackRow(LandingSiteTable, table=True):
    """Terrains nested over a region."""

    __tablename__ = "terrain_stack"

    terrain_stack_id: str = Field(sa_type=Text, primary_key=True)
    content: dict[str, Any] = Field(sa_type=Json)
    created_time: datetime = Field(sa_type=UtcDateTime)
    owner_agency_id: str = Field(default="", sa_type=Text)
    mission_id: str = Field(default="", sa_type=Text)


class SiteSearchRow(LandingSiteTable, table=True):
    """The result of a search; `record_id` sorts by the time of the record."""

    __tablename__ = "site_search"

    site_search_id: str = Field(sa_type=Text, primary_key=True)
    record_id: str = Field(sa_type=Text, unique=True)
    content: dict[str, Any] = Field(sa_type=Json)
    created_time: datetime = Field(sa_type=UtcDateTime)
    owner_agency_id: str = Field(default="", sa_type=Text)
    mission_id: str = Field(default="", sa_type=Text)


class SiteRow(LandingSiteTable, table=True):
    """Location of a site: its search and its place in the content of it."""

    __tablename__ = "site"

    site_id: str = Field(sa_type=Text, primary_key=True)
    site_search_id: str = Field(sa_type=Text, foreign_key="site_search.site_search_id", index=True)
    content: dict[str, Any] = Field(sa_type=Json)


class ProductSetRow(LandingSiteTable, table=True):
    """A product set; `record_id` sorts by the time of the record."""

    __tablename__ = "product_set"

    product_set_id: str = Field(sa_type=Text, primary_key=True)
    record_id: str = Field(sa_type=Text, unique=True)
    content: dict[str, Any] = Field(sa_type=Json)
    created_time: datetime = Field(sa_type=UtcDateTime)
    owner_agency_id: str = Field(default="", sa_type=Text)
    mission_id: str = Field(default="", sa_type=Text)


OwnedRow = TerrainRow | TerrainStackRow | SiteSearchRow | ProductSetRow
OWNED_ROWS: dict[str, type[OwnedRow]] = {
    "terrain": TerrainRow,
    "terrain stack": TerrainStackRow,
    "site search": SiteSearchRow,
    "product set": ProductSetRow,
}
"""Tables of what has an owner, by the words for it in refusals."""
