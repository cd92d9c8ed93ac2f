"""Inputs of a planning problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from malapert.comms_window.v1 import agreement_pb2, contact_pb2, outage_pb2, window_pb2
from malapert.landing_site.v1 import route_pb2
from malapert.payload.v1 import request_pb2

from malapert_planner.mission_document.document import MissionDocument


@dataclass(frozen=True, slots=True)
class ProblemInputs:
    """Inputs of a problem: the mission, and the answers of the other services.

    ``bookings`` are those that stay in the way: the plan's own earlier ones are left out by the caller.
    ``route_points`` are there where the mission asks what is in view along routes.
    """

    mission_id: str
    mission_version: int
    document: MissionDocument
    waypoints: Sequence[route_pb2.Waypoint]
    routes: Sequence[route_pb2.Route]
    stations: Mapping[str, window_pb2.Station]
    windows: Sequence[window_pb2.Window]
    requests: request_pb2.ExpandRequestsResponse
    bookings: Sequence[contact_pb2.Contact]
    outages: Sequence[outage_pb2.Outage] = ()
    route_points: Sequence[route_pb2.PathPoint] = ()
    antenna_quotas: Sequence[agreement_pb2.AntennaQuota] = ()
