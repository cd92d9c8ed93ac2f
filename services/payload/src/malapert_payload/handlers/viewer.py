"""The caller of a request, as the domain's viewer."""

from malapert_core.policy.identity import require_identity

from malapert_payload.domain.requests.visibility import Viewer


def calling_viewer() -> Viewer:
    """Return the caller as the domain sees it."""
    identity = require_identity()
    return Viewer(identity.agency_id, identity.role.value)
