"""Kinds of operations by which a listing is filtered: those that the services do, and no other."""

from malapert_comms_window.handlers.window_handlers import COMPUTE_WINDOWS
from malapert_gateway.routes.operations import OperationKind
from malapert_landing_site.handlers.grpc import SEARCH_KIND
from malapert_landing_site.handlers.product_grpc import PRODUCTS_KIND
from malapert_planner.services.making.generation import GENERATE_PLAN
from malapert_planner.services.replanning.replanning import REPLAN_PLAN
from malapert_planner.services.robustness.assessments import ASSESS_ROBUSTNESS


def test_every_kind_can_be_filtered_by() -> None:
    done = {COMPUTE_WINDOWS, SEARCH_KIND, PRODUCTS_KIND, GENERATE_PLAN, REPLAN_PLAN, ASSESS_ROBUSTNESS}
    assert {kind.value for kind in OperationKind} == done
