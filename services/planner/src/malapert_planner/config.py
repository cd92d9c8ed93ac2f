"""The planner's settings."""

from typing import ClassVar

from malapert_core.config import ServiceSettings
from pydantic import Field
from pydantic_settings import SettingsConfigDict


class PlannerSettings(ServiceSettings):
    """What the planner reads from its environment, prefix ``MALAPERT_PLANNER_``."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_PLANNER_")
    service_name: ClassVar[str] = "planner"

    grpc_port: int = 7101
    landing_site_target: str = "127.0.0.1:7102"
    comms_window_target: str = "127.0.0.1:7103"
    payload_target: str = "127.0.0.1:7104"
    solver_processes: int = Field(default=1, ge=1, description="plans that are solved or checked at once")
    solver_wall_limit_s: float = Field(default=900.0, gt=0, description="safety net of one solve")
