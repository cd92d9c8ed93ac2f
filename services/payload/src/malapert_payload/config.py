"""Settings of the payload service."""

from typing import ClassVar

from malapert_core.config import ServiceSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict


class PayloadSettings(ServiceSettings):
    """Settings of the payload service, from its environment, under ``MALAPERT_PAYLOAD_``."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_PAYLOAD_")
    service_name: ClassVar[str] = "payload"
    grpc_port: int = Field(default=7104, ge=0, le=65535, description="0 takes a free port")
