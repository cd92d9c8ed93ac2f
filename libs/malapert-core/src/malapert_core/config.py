"""Settings that every service shares; a service subclasses them with its own environment prefix."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings
from sqlalchemy.engine import URL, make_url


class ProcessSettings(BaseSettings):
    """Settings of every process of the platform, a service or a worker, from its environment."""

    service_name: ClassVar[str]

    grpc_host: str = Field(default="127.0.0.1", description="address of calls and health")
    grpc_port: int = Field(default=0, ge=0, le=65535, description="0 takes a free port")
    health_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="port of health alone, in the clear, for probes without a certificate; unset: only with calls",
    )
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, description="port of `/metrics` for Prometheus; unset: none"
    )
    metrics_host: str = Field(default="", description="address of `/metrics`; unset: that of calls")
    metrics_tls: bool = Field(
        default=False,
        description="whether `/metrics` speaks TLS by this process's certificate, with callers alone that show one of "
        "the same authority",
    )
    nats_url: str = Field(default="nats://127.0.0.1:4222", description="the broker's servers, comma-separated")
    nats_credentials: Path | None = Field(default=None, description="file of NATS user credentials")
    tls_certificate_file: Path | None = Field(
        default=None,
        description="this process's certificate, PEM; with the next two, calls and broker are encrypted",
    )
    tls_key_file: Path | None = Field(default=None, description="key of that certificate, PEM")
    tls_authority_file: Path | None = Field(default=None, description="authority of the platform's certificates, PEM")
    log_format: Literal["json", "console"] = Field(default="json", description="form of the log on standard error")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="least level logged")
    otlp_endpoint: str | None = Field(default=None, description="where traces go, by OTLP over gRPC; unset: nowhere")
    stop_grace_s: float = Field(default=10.0, ge=0, description="how long calls in flight may take at the stop")

    @model_validator(mode="after")
    def _all_of_tls_or_nothing(self) -> Self:
        files = (self.tls_certificate_file, self.tls_key_file, self.tls_authority_file)
        if any(files) and not all(files):
            raise ValueError("tls_certificate_file, tls_key_file and tls_authority_file are set together, or none is")
        if self.metrics_tls and not all(files):
            raise ValueError("metrics_tls needs tls_certificate_file, tls_key_file and tls_authority_file")
        return self


class ServiceSettings(ProcessSettings):
    """Settings of every service, from its environment.

    A service states its name and prefix, its port, and its own settings::

        class PlannerSettings(ServiceSettings):
            model_config = SettingsConfigDict(env_prefix="MALAPERT_PLANNER_")
            service_name: ClassVar[str] = "planner"
            grpc_port: int = 7101
    """

    kept_folders: ClassVar[tuple[str, ...]] = ()
    """Folders of the data directory whose files are part of a backup."""

    data_dir: Path = Field(default=Path(".malapert"), description="directory of this service's files")
    database_url: str = Field(default="", description="SQLAlchemy address; empty for an SQLite file in data_dir")
    auto_migrate: bool | None = Field(default=None, description="migrate at start; unset: only on SQLite")
    identity_key_file: Path = Field(description="this service's private Ed25519 key, PEM")
    identity_keys_dir: Path = Field(description="public keys of all services, <service>.pem")
    planner_target: str = Field(default="127.0.0.1:7101", description="the planner, which keeps the charters")
    makes_streams: bool = Field(default=True, description="false where malapert_core.events.setup makes them")
    reflection: bool = Field(default=False, description="whether callers may ask for the contracts")
    reading_niceness: int = Field(default=5, ge=0, le=19, description="nice value that reading processes add")
    operation_concurrency: int = Field(default=2, ge=1, description="operations at work at once")
    operations_of_agency: int = Field(default=200, ge=1, description="operations of one agency, queued or at work")
    operations_of_key: int = Field(default=100, ge=1, description="operations of one key, queued or at work")
    operations_kept_days: float = Field(default=90.0, gt=0, description="how long ended operations are kept")
    events_kept_days: float = Field(
        default=30.0, ge=1, description="how long events can be sent again to a broker that lost its files"
    )
    answers_kept_days: float = Field(default=30.0, ge=1, description="how long answers to idempotency keys are kept")
    audit_kept_days: float | None = Field(
        default=None, ge=1, description="how long audit entries are kept; unset: for ever"
    )

    operation_lease_s: float = Field(
        default=12.0, ge=1, description="after so long without a sign of life an operation is another process's to do"
    )
    neighbour_patience_s: float = Field(
        default=180.0, ge=0, description="how long an operation waits for a service that is away"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.auto_migrate is None:
            self.auto_migrate = self.database_address.get_backend_name() == "sqlite"
        return self

    @property
    def other_store(self) -> str:
        """Address of a store of files that the data directory has copies of, and no backup holds; empty for none."""
        return ""

    @property
    def database_address(self) -> URL:
        """Address of the database: as it is set, or of the SQLite file in the data directory, whatever its letters."""
        if self.database_url:
            return make_url(self.database_url)
        # Put together from its parts: a question mark in a path would begin the query of an address in one text.
        path = self.data_dir.absolute() / f"{self.service_name}.db"
        return URL.create("sqlite+aiosqlite", database=str(path))
