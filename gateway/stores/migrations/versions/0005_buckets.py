"""A case knows its lane to the city's own system. Older ones go by their id."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("case_record", sa.Column("bucket", sa.Integer(), nullable=True))
