"""PostgreSQL keeps messages and small parts in one piece, and compresses no ciphertext."""

from alembic import op

revision = "0003"
down_revision = "0002"

_WHOLE = "toast_tuple_target = 8160"  # the most; else rows of 2 KB are compressed and split
_PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'part'::regclass"


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    op.execute(f"ALTER TABLE message SET ({_WHOLE})")
    op.execute("ALTER TABLE part ALTER COLUMN sealed SET STORAGE EXTERNAL")  # of new months too
    for (partition,) in bind.exec_driver_sql(_PARTITIONS).fetchall():
        op.execute(f"ALTER TABLE {partition} ALTER COLUMN sealed SET STORAGE EXTERNAL")
        op.execute(f"ALTER TABLE {partition} SET ({_WHOLE})")
