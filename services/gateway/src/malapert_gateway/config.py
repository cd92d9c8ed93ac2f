"""Settings of the gateway, read from `MALAPERT_GATEWAY_*`."""

from pathlib import Path
from typing import Annotated, ClassVar, Self

from limits import parse_many
from malapert_core.config import ServiceSettings
from malapert_core.policy.identity import Role
from malapert_core.rpc.server import FILE_LIMIT_BYTES
from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

_BOOTSTRAP = (
    "AGENCY:ROLE, such as JAXA:PLANNER, with VIEWER, REQUESTER, PLANNER, APPROVER, OPERATOR, ADMINISTRATOR or PLATFORM"
)


class GatewaySettings(ServiceSettings):
    """Settings of the gateway, from its environment."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_GATEWAY_")
    service_name: ClassVar[str] = "gateway"

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8000, ge=0, le=65535, description="0 takes a free port")
    landing_site_target: str = "127.0.0.1:7102"
    comms_window_target: str = "127.0.0.1:7103"
    payload_target: str = "127.0.0.1:7104"

    call_deadline_s: float = Field(default=60.0, gt=0, description="of one call to a service")
    upload_deadline_s: float = Field(default=900.0, gt=0, description="of one terrain upload")
    health_deadline_s: float = Field(default=2.0, gt=0, description="of one health check of a service")
    max_body_bytes: int = Field(default=8 * 1024 * 1024, gt=0, description="of a JSON body")
    max_import_bytes: int = Field(default=32 * 1024 * 1024, gt=0, description="of a file of requests")
    max_orbit_bytes: int = Field(default=FILE_LIMIT_BYTES, gt=0, description="of an ephemeris or tracking data file")
    max_upload_bytes: int = Field(default=4 * 1024 * 1024 * 1024, gt=0, description="of a terrain upload")

    rate_limit: str = Field(default="1200/minute", description="calls of one key")
    refusal_limit: str = Field(default="60/minute", description="refused keys from one address")
    rate_limit_storage: str = Field(default="async+memory://", description="where calls are counted")
    idempotency_hours: float = Field(default=24.0, gt=0, description="how long answers are kept")

    keys_file: Path | None = Field(default=None, description="where the first keys are written")
    bootstrap_keys: Annotated[tuple[tuple[str, Role], ...], NoDecode] = Field(
        default=(("MALAPERT", Role.PLATFORM),), description=f"the first keys, comma-separated {_BOOTSTRAP}"
    )

    @field_validator("bootstrap_keys", mode="before")
    @classmethod
    def _parse_bootstrap_keys(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [entry.strip().rpartition(":") for entry in value.split(",") if entry.strip()]
        for agency_id, _, role in pairs:
            if not agency_id or role.upper() not in Role.__members__ or role.upper() == Role.SERVICE.name:
                raise ValueError(f"use {_BOOTSTRAP}")
        return tuple((agency_id, Role[role.upper()]) for agency_id, _, role in pairs)

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        for limit in (self.rate_limit, self.refusal_limit):
            parse_many(limit)
        return self
