"""Settings of the landing-site service."""

from __future__ import annotations

from typing import ClassVar

from malapert_core.config import ServiceSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict


class LandingSiteSettings(ServiceSettings):
    """Settings of the service, from its environment."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_LANDING_SITE_")
    service_name: ClassVar[str] = "landing_site"
    kept_folders: ClassVar[tuple[str, ...]] = ("terrains", "products", "horizons", "product-sets")

    grpc_port: int = Field(default=7102, ge=0, le=65535, description="0 takes a free port")
    operation_concurrency: int = Field(default=1, ge=1)
    max_upload_bytes: int = Field(
        default=4 * 1024 * 1024 * 1024, gt=0, description="largest DEM file that is taken, as at the gateway"
    )
    max_terrain_pixels: int = Field(
        default=150_000_000, gt=0, description="largest DEM that is taken; each million takes about 8 MB of memory"
    )
    stored_bytes_of_agency: int = Field(
        default=20_000_000_000, ge=0, description="bytes of terrains and product sets that one agency may store"
    )
    scene_cache_size: int = Field(default=3, ge=1, description="terrain stacks kept in memory")
    object_store_url: str = Field(
        default="",
        pattern=r"^$|^(s3|gs|az|file)://\S+$",
        description="store of terrains, horizons and products, whose copies in data_dir are then a cache, such as "
        "`s3://bucket/prefix`; credentials and endpoint by the provider's own variables, such as `AWS_ENDPOINT_URL`; "
        "empty: data_dir has all",
    )
    compute_concurrency: int = Field(default=2, ge=1, description="skyline, map and route jobs at once")
    max_product_pixels: int = Field(
        default=4_000_000, gt=0, description="pixels of a product set that are made without leave"
    )
    dask: str = Field(
        default="",
        pattern=r"^$|^(tcp|tls)://[^\s]+$",
        description="address of a Dask scheduler on whose workers product sets are made; empty for this process",
    )

    @property
    def other_store(self) -> str:
        """Address of the object store, without what a user's name or secret might stand in it."""
        scheme, mark, rest = self.object_store_url.partition("://")
        return scheme + mark + rest.rpartition("@")[2]
