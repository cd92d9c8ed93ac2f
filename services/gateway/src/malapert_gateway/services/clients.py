"""The four services as the gateway calls them."""

from collections.abc import Mapping
from enum import StrEnum

import grpc
from grpc_health.v1 import health_pb2_grpc
from malapert.audit.v1 import audit_pb2_grpc
from malapert.comms_window.v1 import (
    agreement_pb2_grpc,
    contact_pb2_grpc,
    exchange_pb2_grpc,
    key_pb2_grpc,
    opportunity_pb2_grpc,
    orbiter_pb2_grpc,
    outage_pb2_grpc,
    window_pb2_grpc,
)
from malapert.landing_site.v1 import product_pb2_grpc, route_pb2_grpc, site_pb2_grpc, terrain_pb2_grpc
from malapert.operation.v1 import operation_pb2_grpc
from malapert.payload.v1 import (
    catalogue_pb2_grpc,
    demand_pb2_grpc,
    execution_pb2_grpc,
    request_pb2_grpc,
    science_pb2_grpc,
)
from malapert.planner.v1 import (
    charter_pb2_grpc,
    edit_pb2_grpc,
    mission_pb2_grpc,
    plan_pb2_grpc,
    review_pb2_grpc,
    robustness_pb2_grpc,
    thread_pb2_grpc,
)
from malapert.quota.v1 import limit_pb2_grpc
from malapert_core.audit.handlers import AUDIT_SERVICE
from malapert_core.fairness.limit_handlers import LIMIT_SERVICE


class ServiceName(StrEnum):
    """A service behind the gateway."""

    PLANNER = "planner"
    LANDING_SITE = "landing-site"
    COMMS_WINDOW = "comms-window"
    PAYLOAD = "payload"


_IN_EVERY_SERVICE = ("malapert.operation.v1.OperationService", AUDIT_SERVICE, LIMIT_SERVICE)

GRPC_SERVICES: Mapping[ServiceName, tuple[str, ...]] = {
    ServiceName.PLANNER: (
        "malapert.planner.v1.MissionService",
        "malapert.planner.v1.CharterService",
        "malapert.planner.v1.PlanService",
        "malapert.planner.v1.ReviewService",
        "malapert.planner.v1.ThreadService",
        "malapert.planner.v1.EditService",
        "malapert.planner.v1.RobustnessService",
        *_IN_EVERY_SERVICE,
    ),
    ServiceName.LANDING_SITE: (
        "malapert.landing_site.v1.TerrainService",
        "malapert.landing_site.v1.SiteService",
        "malapert.landing_site.v1.HorizonService",
        "malapert.landing_site.v1.RouteService",
        "malapert.landing_site.v1.ProductService",
        *_IN_EVERY_SERVICE,
    ),
    ServiceName.COMMS_WINDOW: (
        "malapert.comms_window.v1.StationService",
        "malapert.comms_window.v1.WindowService",
        "malapert.comms_window.v1.ContactService",
        "malapert.comms_window.v1.AgreementService",
        "malapert.comms_window.v1.OutageService",
        "malapert.comms_window.v1.OrbiterService",
        "malapert.comms_window.v1.KeyService",
        "malapert.comms_window.v1.ExchangeService",
        "malapert.comms_window.v1.OpportunityService",
        *_IN_EVERY_SERVICE,
    ),
    ServiceName.PAYLOAD: (
        "malapert.payload.v1.CatalogueService",
        "malapert.payload.v1.RequestService",
        "malapert.payload.v1.DemandService",
        "malapert.payload.v1.ExecutionService",
        "malapert.payload.v1.ScienceService",
        *_IN_EVERY_SERVICE,
    ),
}


class ServiceClients:
    """A client of every gRPC service.

    Parameters
    ----------
    channels
        A channel to each service.
    """

    def __init__(self, channels: Mapping[ServiceName, grpc.aio.Channel]) -> None:
        planner = channels[ServiceName.PLANNER]
        self.missions = mission_pb2_grpc.MissionServiceStub(planner)
        self.charters = charter_pb2_grpc.CharterServiceStub(planner)
        self.plans = plan_pb2_grpc.PlanServiceStub(planner)
        self.reviews = review_pb2_grpc.ReviewServiceStub(planner)
        self.threads = thread_pb2_grpc.ThreadServiceStub(planner)
        self.edits = edit_pb2_grpc.EditServiceStub(planner)
        self.robustness = robustness_pb2_grpc.RobustnessServiceStub(planner)
        landing_site = channels[ServiceName.LANDING_SITE]
        self.terrains = terrain_pb2_grpc.TerrainServiceStub(landing_site)
        self.products = product_pb2_grpc.ProductServiceStub(landing_site)
        self.sites = site_pb2_grpc.SiteServiceStub(landing_site)
        self.horizons = site_pb2_grpc.HorizonServiceStub(landing_site)
        self.routes = route_pb2_grpc.RouteServiceStub(landing_site)
        comms_window = channels[ServiceName.COMMS_WINDOW]
        self.stations = window_pb2_grpc.StationServiceStub(comms_window)
        self.windows = window_pb2_grpc.WindowServiceStub(comms_window)
        self.contacts = contact_pb2_grpc.ContactServiceStub(comms_window)
        self.agreements = agreement_pb2_grpc.AgreementServiceStub(comms_window)
        self.outages = outage_pb2_grpc.OutageServiceStub(comms_window)
        self.orbiters = orbiter_pb2_grpc.OrbiterServiceStub(comms_window)
        self.keys = key_pb2_grpc.KeyServiceStub(comms_window)
        self.opportunities = opportunity_pb2_grpc.OpportunityServiceStub(comms_window)
        self.exchange = exchange_pb2_grpc.ExchangeServiceStub(comms_window)
        payload = channels[ServiceName.PAYLOAD]
        self.catalogue = catalogue_pb2_grpc.CatalogueServiceStub(payload)
        self.requests = request_pb2_grpc.RequestServiceStub(payload)
        self.demand = demand_pb2_grpc.DemandServiceStub(payload)
        self.executions = execution_pb2_grpc.ExecutionServiceStub(payload)
        self.science = science_pb2_grpc.ScienceServiceStub(payload)
        self.operations = {name: operation_pb2_grpc.OperationServiceStub(channel) for name, channel in channels.items()}
        self.audits = {name: audit_pb2_grpc.AuditServiceStub(channel) for name, channel in channels.items()}
        self.limits = {name: limit_pb2_grpc.LimitServiceStub(channel) for name, channel in channels.items()}
        self.health = {name: health_pb2_grpc.HealthStub(channel) for name, channel in channels.items()}
