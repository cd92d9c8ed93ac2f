"""Parameters of the science value model of a mission document."""

from pydantic import Field

from malapert_planner.mission_document.figures import Sourced
from malapert_planner.mission_document.mission import Title
from malapert_planner.mission_document.quantities import Flux, MassPerArea, Share


class ScienceModel(Sourced):
    """Value of a further stop, and the parameters of the ice proxy; the proxy needs all of its figures."""

    further_stop_factor: Share | None = None
    stop_tags: list[Title] = Field(default_factory=list)
    ice_tags: list[Title] = Field(default_factory=list)
    ice_gain: Share | None = None
    albedo: Share | None = None
    emissivity: Share | None = None
    interior_flux: Flux | None = None
    scattered_share: Share | None = None
    even_loss: MassPerArea | None = None
