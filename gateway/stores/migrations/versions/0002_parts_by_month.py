"""Parts know when they were recorded; PostgreSQL keeps them by the month."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BY_MONTH = """
CREATE TABLE part (
    recorded bigserial NOT NULL,
    message_id varchar(64) NOT NULL,
    sender varchar(6) NOT NULL,
    position integer NOT NULL,
    name varchar(64) NOT NULL,
    media_type varchar(127) NOT NULL,
    sealed bytea NOT NULL,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (recorded, recorded_at)
) PARTITION BY RANGE (recorded_at)
"""
_FROM_MESSAGES = """
UPDATE part SET recorded_at = (
    SELECT message.recorded_at FROM message
    WHERE message.id = part.message_id AND message.sender = part.sender
)
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_table("part")  # no version before this one knew PostgreSQL: it is empty
        op.execute(_BY_MONTH)
        op.execute("CREATE TABLE part_other PARTITION OF part DEFAULT")
        op.create_index("part_by_message", "part", ["message_id"])
        return
    op.add_column("part", sa.Column("recorded_at", sa.BigInteger(), nullable=True))
    op.execute(_FROM_MESSAGES)
    with op.batch_alter_table("part") as part:
        part.alter_column("recorded_at", existing_type=sa.BigInteger(), nullable=False)
