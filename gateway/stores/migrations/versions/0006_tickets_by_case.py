"""Tickets are found by their case: what operators hold is looked up among a million of them."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index("ticket_by_case", "ticket", ["case_id"])
