"""Settings of the gateway, read from `MALAPERT_GATEWAY_*`."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar, Self

from limits import parse_many
from malapert_core.config import ServiceSettings
from malapert_core.policy.identity import Role
from malapert_core.rpc.server import FILE_LIMIT_BYTES
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from malapert_gateway.domain.log_in import RelyingParty
from malapert_gateway.domain.person_token import IdentityProvider, require_private

_BOOTSTRAP = (
    "AGENCY:ROLE, such as JAXA:PLANNER, with VIEWER, REQUESTER, PLANNER, APPROVER, OPERATOR, ADMINISTRATOR or PLATFORM"
)


class ProviderSettings(BaseModel):
    """Provider of identity of an agency: its issuer, and for whom its tokens are meant here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(min_length=1)
    audience: str = Field(min_length=1)
    keys_url: str = ""
    client_id: str = ""
    client_secret_file: Path | None = None

    @field_validator("issuer", "keys_url")
    @classmethod
    def _is_private(cls, value: str) -> str:
        return require_private(value) if value else value


class GatewaySettings(ServiceSettings):
    """Settings of the gateway, from its environment."""

    model_config = SettingsConfigDict(env_prefix="MALAPERT_GATEWAY_")
    service_name: ClassVar[str] = "gateway"

    http_host: str = Field(default="127.0.0.1", description="address of the HTTP API")
    http_port: int = Field(default=8000, ge=0, le=65535, description="0 takes a free port")
    http_certificate_file: Path | None = Field(
        default=None,
        description="certificate of the HTTP API with its chain, PEM; with its key it speaks TLS alone",
    )
    http_key_file: Path | None = Field(default=None, description="key of that certificate, PEM")
    landing_site_target: str = Field(default="127.0.0.1:7102", description="address of landing-site")
    comms_window_target: str = Field(default="127.0.0.1:7103", description="address of comms-window")
    payload_target: str = Field(default="127.0.0.1:7104", description="address of payload")

    call_deadline_s: float = Field(default=60.0, gt=0, description="of one call to a service")
    upload_deadline_s: float = Field(default=900.0, gt=0, description="of one terrain upload")
    health_deadline_s: float = Field(default=2.0, gt=0, description="of one health check of a service")
    max_body_bytes: int = Field(default=8 * 1024 * 1024, gt=0, description="of a JSON body")
    max_import_bytes: int = Field(default=32 * 1024 * 1024, gt=0, description="of a file of requests")
    max_orbit_bytes: int = Field(default=FILE_LIMIT_BYTES, gt=0, description="of an ephemeris or tracking data file")
    max_upload_bytes: int = Field(default=4 * 1024 * 1024 * 1024, gt=0, description="of a terrain upload")

    rate_limit: str = Field(default="1200/minute", description="calls of one key")
    agency_rate_limit: str = Field(default="3600/minute", description="calls of all keys of one agency")
    refusal_limit: str = Field(default="60/minute", description="refused keys from one address")
    rate_limit_storage: str = Field(default="async+memory://", description="where calls are counted")
    reading_processes: int = Field(default=2, ge=1, description="large bodies and answers read or written at once")
    reading_limit_s: float = Field(
        default=45.0, gt=0, description="CPU time for reading one body; four times by the clock"
    )
    reading_memory_bytes: int = Field(default=1 << 30, gt=0, description="memory for reading one body")
    trusted_proxies: str = Field(
        default="", description="addresses or networks, comma-separated, of proxies whose X-Forwarded-For is believed"
    )
    claim_lease_s: float = Field(
        default=15.0, ge=1, description="how long a gateway that died keeps an idempotency key from being used again"
    )
    idempotency_hours: float = Field(default=24.0, gt=0, description="how long answers are kept")
    sessions_kept_days: float = Field(default=30.0, ge=1, description="how long sessions are kept after their end")
    answers_of_agency: int = Field(default=10_000, ge=1, description="answers kept of one agency, the newest")
    answer_bytes_of_agency: int = Field(
        default=64 * 1024 * 1024, ge=1, description="bytes of answers kept of one agency, the newest"
    )

    streams_of_key: int = Field(default=20, ge=1, description="open event streams of one key")
    streams_of_agency: int = Field(default=60, ge=1, description="open event streams of one agency")
    most_connections: int = Field(default=900, ge=1, description="open connections")
    connections_of_address: int = Field(
        default=500, ge=1, description="open connections of one address that is no trusted proxy's"
    )
    request_limit_s: float = Field(default=20.0, gt=0, description="how long the head of a request may take")
    body_idle_limit_s: float = Field(default=60.0, gt=0, description="how long nothing of a body may come")
    stream_send_limit_s: float = Field(default=30.0, gt=0, description="how long a reader may leave an event unread")
    calls_at_once: int = Field(default=32, ge=2, description="quick calls at work at once; one agency has half of them")
    heavy_calls_at_once: int = Field(
        default=2, ge=2, description="long calls at work at once, about one for each core; one agency has half"
    )
    waiting_calls_of_agency: int = Field(default=200, ge=1, description="calls of one agency that wait for their turn")

    installation_id: str = Field(
        default="malapert", min_length=1, max_length=200, description="for which alone agencies' proofs are meant"
    )
    identity_providers: dict[str, ProviderSettings] = Field(
        default={},
        description="provider of identity (OpenID Connect) by which an agency logs its people in, by agency, such as "
        '`{"JAXA": {"issuer": "https://id.example", "audience": "malapert"}}`; `keys_url` where it has no '
        "discovery; `client_id`, and `client_secret_file` where the provider gave a secret, to log in on the page",
    )
    public_url: str = Field(
        default="",
        description="address of the page as browsers open it, such as `https://plan.example`: providers with a "
        "`client_id` send people back to it, and are told it with a slash at its end as where they may",
    )
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

    @property
    def providers(self) -> list[IdentityProvider]:
        """Providers by which agencies log their people in."""
        return [
            IdentityProvider(agency_id, each.issuer, each.audience, each.keys_url)
            for agency_id, each in self.identity_providers.items()
        ]

    @property
    def relying_parties(self) -> list[RelyingParty]:
        """What this platform is to the providers that log people in on the page; secrets are read from their files."""
        return [
            RelyingParty(
                IdentityProvider(agency_id, each.issuer, each.client_id, each.keys_url),
                f"{self.public_url.rstrip('/')}/",
                "" if each.client_secret_file is None else each.client_secret_file.read_text(encoding="utf-8").strip(),
            )
            for agency_id, each in self.identity_providers.items()
            if each.client_id
        ]

    @model_validator(mode="after")
    def _providers_apart(self) -> Self:
        if len({(each.issuer, each.audience) for each in self.providers}) < len(self.providers):
            raise ValueError("identity_providers: agencies with one issuer have audiences of their own")
        clients = [(each.issuer, each.client_id) for each in self.identity_providers.values() if each.client_id]
        if len(set(clients)) < len(clients):
            raise ValueError("identity_providers: agencies with one issuer have client_ids of their own")
        if clients and not self.public_url:
            raise ValueError("public_url: a provider with a client_id sends people back to it")
        return self

    @field_validator("public_url")
    @classmethod
    def _is_private_url(cls, value: str) -> str:
        return require_private(value) if value else value

    @property
    def proxies(self) -> list[str]:
        """Addresses and networks of trusted proxies."""
        return [each.strip() for each in self.trusted_proxies.split(",") if each.strip()]

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.http_certificate_file is None) != (self.http_key_file is None):
            raise ValueError("http_certificate_file and http_key_file are set together, or none is")
        return self

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        for limit in (self.rate_limit, self.agency_rate_limit, self.refusal_limit):
            parse_many(limit)
        for proxy in self.proxies:
            ip_network(proxy, strict=False)
        return self
