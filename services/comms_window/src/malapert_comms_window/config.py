"""Settings of the comms-window service."""

from typing import ClassVar

from malapert_core.config import ServiceSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict


class CommsWindowSettings(ServiceSettings):
    """Settings of the service, from its environment."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_COMMS_WINDOW_")
    service_name: ClassVar[str] = "comms_window"

    grpc_port: int = Field(default=7103, ge=0, le=65535, description="0 takes a free port")
    landing_site_target: str = Field(default="127.0.0.1:7102", description="address of landing-site")
    stored_bytes_of_agency: int = Field(
        default=1_000_000_000, ge=0, description="bytes of orbiters' files that one agency may store"
    )
    contact_hold_s: float = Field(
        default=3600.0, gt=0, description="how long a contact is held that is not to be committed yet, seconds"
    )
    consent_hold_s: float = Field(
        default=259_200.0, gt=0, description="how long a contact is held that waits for the antenna's owner, seconds"
    )
    hold_check_s: float = Field(default=2.0, gt=0, description="how often holds that ran out are looked for, seconds")
    withdrawal_notice_s: float = Field(
        default=86_400.0, ge=0, description="notice before a committed contact is taken back, seconds"
    )
    most_holds: int = Field(default=400, ge=0, description="open holds of an agency on antennas of others")
    most_hold_hours: float = Field(default=2000.0, ge=0, description="antenna hours of an agency's open holds")
    most_station_holds: int = Field(default=80, ge=0, description="open holds of an agency on an antenna of another")
    most_station_hold_hours: float = Field(
        default=300.0, ge=0, description="hours of an agency's open holds on an antenna of another"
    )
    station_custodians: dict[str, str] = Field(
        default={}, description="agency here that answers for the antennas of an owner that is not here, by owner"
    )
