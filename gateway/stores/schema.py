"""The tables, in SQLAlchemy Core, the same for every database.

Envelopes and parts stand apart, so that parts can go when their retention is over. Times
are Unix milliseconds. Migrations under `migrations/` build exactly this; a test compares.
PostgreSQL keeps the rows of `part` in a table for each month (`months.py`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

METADATA = MetaData()
REVISION = "0007"
"""The newest migration."""

_Position = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys alone

CASE = Table(
    "case_record",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("partner", String(6), nullable=False),
    Column("receiving", String(6)),
    Column("handling", String(6)),
    Column("state", String(16)),  # null: the submission was refused
    Column("returns_to", String(16)),
    Column("withdrawal_asked", Boolean, nullable=False),
    Column("evaluated", Boolean, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("number", String(100)),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("bucket", Integer),  # null: the id chooses one (gateway/lanes.py)
    Index("case_by_number", "number", unique=True),
    Index("case_by_change", "changed_at", "id"),
)

MESSAGE = Table(
    "message",
    METADATA,
    Column("recorded", _Position, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False),
    Column("sender", String(6), nullable=False),
    Column("receiver", String(6), nullable=False),
    Column("direction", String(3), nullable=False),
    Column("case_id", String(36), nullable=False),
    Column("kind", String(81), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("seal_id", String(64)),
    Column("position", Integer),
    Column("receipt", LargeBinary),
    Column("reason", String(64)),
    Index("message_by_id", "id", "sender", unique=True),
    Index("message_by_case", "case_id"),
    Index(
        "message_by_expiry",
        "expires_at",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
)

PART = Table(
    "part",
    METADATA,
    Column("recorded", _Position, primary_key=True, autoincrement=True),
    Column("message_id", String(64), nullable=False),
    Column("sender", String(6), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String(64), nullable=False),
    Column("media_type", String(127), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),  # as the message's: names the month
    Index("part_by_message", "message_id"),
)

SEAL = Table(
    "seal",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("of", String(8), nullable=False),
    Column("issuer", String(6), nullable=False),
    Column("audience", String(6), nullable=False),
    Column("token", Text, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("seal_by_issuer", "issuer", "at"),
)

EPOCH = Table(
    "epoch",
    METADATA,
    Column("id", String(2048), primary_key=True),
    Column("key", String(128), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)

TICKET = Table(
    "ticket",
    METADATA,
    Column("position", _Position, primary_key=True, autoincrement=True),
    Column("lane", String(32), nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("sender", String(6), nullable=False),
    Column("case_id", String(36), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Index("ticket_by_lane", "lane", "position"),
    Index("ticket_by_case", "case_id"),
    sqlite_autoincrement=True,  # a position is never given twice, not even the last
)

WAITING = Table(
    "waiting",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("sender", String(6), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("record", LargeBinary, nullable=False),  # the whole record, as JSON
    Column("arrived_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("waiting_by_case", "case_id"),
    Index("waiting_by_sender", "sender"),
)

INCIDENT = Table(
    "incident",
    METADATA,
    Column("id", String(200), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("code", String(64), nullable=False),
    Column("partner", String(6)),
    Column("detail", Text, nullable=False),
    Column("where", Text, nullable=False),  # JSON
    Column("message_id", String(64)),
    Column("content", LargeBinary),
    Index("incident_by_time", "at"),
)

INTAKE = Table(
    "intake",
    METADATA,
    Column("key", String(400), primary_key=True),
    Column("at", BigInteger, nullable=False),
)

HOLD = Table(
    "hold",
    METADATA,
    Column("case_id", String(36), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),  # 0: the whole case
    Column("lane", String(32), nullable=False),
    Column("sender", String(6), nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", BigInteger),
)

NOTE = Table(
    "note",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
)

LANE = Table(
    "lane",
    METADATA,
    Column("lane", String(32), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until", BigInteger, nullable=False),
)

OFFICER = Table(
    "officer",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("duty", String(16), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("password", String(255)),  # a hash
    Column("code_secret", LargeBinary),  # encrypted
    Column("code_used", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("waits_until", BigInteger, nullable=False),
    Column("locked_at", BigInteger),
    Column("must_change", Boolean, nullable=False),
    Column("subject", String(600)),
)

OFFICER_SESSION = Table(
    "officer_session",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("account", String(64), nullable=False),
    Column("duty", String(16), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
)

API_TOKEN = Table(
    "api_token",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("scopes", Text, nullable=False),  # parted by spaces
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)

OFFICER_USE = Table(
    "officer_use",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("by", String(80), nullable=False),
    Column("duty", String(16), nullable=False),
    Column("act", String(64), nullable=False),
    Column("about", String(100), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("before", LargeBinary(32), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Index("officer_use_by_act", "act", "outcome"),
)
