"""The settings of the planner and of its solver workers."""

from pathlib import Path
from typing import ClassVar

from malapert_core.config import ProcessSettings, ServiceSettings
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SolverLimits(BaseSettings):
    """Limits of one job."""

    solver_memory_limit_bytes: int | None = Field(default=None, gt=0, description="memory of one job; unset: no limit")
    solver_job_limit_s: float = Field(default=3600.0, gt=0, description="wall time of one job, after which it is ended")
    solver_niceness: int = Field(default=10, ge=0, le=19, description="nice value that jobs' processes add")


class PlannerSettings(ServiceSettings, SolverLimits):
    """Settings of the planner, from its environment, prefix ``MALAPERT_PLANNER_``."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_PLANNER_")
    service_name: ClassVar[str] = "planner"

    grpc_port: int = Field(default=7101, ge=0, le=65535, description="0 takes a free port")
    landing_site_target: str = Field(default="127.0.0.1:7102", description="address of landing-site")
    comms_window_target: str = Field(default="127.0.0.1:7103", description="address of comms-window")
    payload_target: str = Field(default="127.0.0.1:7104", description="address of payload")
    operation_concurrency: int = Field(default=32, ge=1, description="plans in the making, most of them waiting")
    solver_processes: int = Field(default=1, ge=0, description="jobs done here at once; 0 leaves them to workers")
    draft_retention_days: float = Field(default=30.0, gt=0, description="a draft without a change is archived after")
    edits_kept_days: float = Field(default=90.0, gt=0, description="how long edits under way are kept without a change")
    solver_wall_limit_s: float = Field(default=900.0, gt=0, description="safety net of one solve")
    stored_bytes_of_agency: int = Field(
        default=1_000_000_000, ge=0, description="bytes of mission documents that one agency may store or propose"
    )


class WorkerSettings(ProcessSettings, SolverLimits):
    """Settings of a solver worker, from its environment, prefix ``MALAPERT_PLANNER_``: it needs the broker alone."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_PLANNER_")
    service_name: ClassVar[str] = "planner-worker"

    data_dir: Path = Field(default=Path(".malapert"), description="directory in which compiled code is kept")
    solver_processes: int = Field(default=1, ge=1, description="jobs done at once")
