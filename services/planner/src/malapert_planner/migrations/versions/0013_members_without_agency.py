"""No charter has a member without an agency, as the owner of a station of nobody's was."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from malapert_core.db.database import Json

revision = "0013"
down_revision = "0012"

_CHARTER = sa.table(
    "charter", sa.column("mission_id", sa.Text), sa.column("version", sa.Integer), sa.column("members", Json)
)


def upgrade() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_CHARTER)).all():
        members: list[dict[str, Any]] = [member for member in row.members if member["agency_id"].strip()]
        if len(members) < len(row.members):
            of_row = (_CHARTER.c.mission_id == row.mission_id, _CHARTER.c.version == row.version)
            connection.execute(sa.update(_CHARTER).where(*of_row).values(members=members))


def downgrade() -> None:
    """Nothing: a member without an agency has no rights to give back."""
