"""Add the solver's status of a plan as a column that listings filter by; headlines without provenance."""

import sqlalchemy as sa
from alembic import op
from malapert.planner.v1 import plan_pb2

revision = "0004"
down_revision = "0003"

_CONTENT = sa.table(
    "plan_content", sa.column("plan_id", sa.Text), sa.column("headline", sa.LargeBinary), sa.column("status", sa.Text)
)


def upgrade() -> None:
    op.add_column("plan_content", sa.Column("status", sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    for plan_id, headline in connection.execute(sa.select(_CONTENT.c.plan_id, _CONTENT.c.headline)).all():
        message = plan_pb2.Plan.FromString(headline)
        status = plan_pb2.SolveStatus.Name(message.status).removeprefix("SOLVE_STATUS_").lower()
        message.ClearField("provenance")
        changed = {"headline": message.SerializeToString(deterministic=True), "status": status}
        connection.execute(_CONTENT.update().where(_CONTENT.c.plan_id == plan_id).values(changed))
    with op.batch_alter_table("plan_content") as table:
        table.alter_column("status", server_default=None)


def downgrade() -> None:
    op.drop_column("plan_content", "status")
