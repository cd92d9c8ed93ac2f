"""Settings of the comms-window service."""

from typing import ClassVar

from malapert_core.config import ServiceSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict


class CommsWindowSettings(ServiceSettings):
    """Settings of the service, from its environment."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_COMMS_WINDOW_")
    service_name: ClassVar[str] = "comms_window"

    grpc_port: int = 7103
    landing_site_target: str = Field(default="127.0.0.1:7102", description="address of landing-site")
    contact_hold_s: float = Field(default=3600.0, gt=0, description="how long a tentative contact is held, seconds")
