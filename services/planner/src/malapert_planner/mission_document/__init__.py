"""Mission documents: their models, units, faults and schema."""

from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.reading import read_document, refuse
from malapert_planner.mission_document.schema import mission_schema

__all__ = ["MissionDocument", "mission_schema", "read_document", "refuse"]
