"""A store that has lived: so many messages with all that belongs to them, made in the database.

Rows are made by the server itself from their numbers, so the same number gives the same row,
and nothing is sent to it. They look like real ones where it matters for speed: ids that grow
with time as UUIDv7 do, digests that do not, sizes as measured, four of five messages of a
case's life, parts by the month over three years. What they say proves nothing.
"""

import sys
import time
from dataclasses import dataclass

from sqlalchemy import Connection, Index

from gateway.stores import months
from gateway.stores.migrate import migrate
from gateway.stores.postgres import connect
from gateway.stores.schema import METADATA

CASE_MESSAGES = 5
SEAL_MESSAGES = 8  # full batches have 128, at rest a message has a seal of its own
STRANGERS = ("110100", "120100", "310100", "420100", "500100", "510100")
"""Partners of what was made; on nobody's list, so no courier takes it for its own."""

_YEARS_MS = 3 * 365 * 24 * 3600 * 1000
_CHUNK = 200_000

# Of a number n: a time, evenly over the years; an id as UUIDv7; a digest.
_AT = "($1::bigint - $2::bigint + (n * ($2::float8 / $3::float8))::bigint)"
_ID = (
    "(lpad(to_hex({at} >> 16), 8, '0') || '-' || lpad(to_hex({at} & 65535), 4, '0') || '-7'"
    " || substr(md5('{kind}' || {n}), 1, 3) || '-8' || substr(md5('{kind}' || {n}), 4, 3)"
    " || '-' || substr(md5('{kind}' || {n}), 7, 12))"
)
_PARTNER = f"(ARRAY{list(STRANGERS)})[1 + (n / {CASE_MESSAGES}) % {len(STRANGERS)}]"
_HASH = "sha256(('{kind}' || {n})::bytea)"


@dataclass(frozen=True, slots=True)
class Filling:
    """How much of what; `now` in Unix milliseconds is when the last message was recorded."""

    messages: int
    tickets: int
    part_bytes: int
    us: str
    now: int

    def __call__(self, url: str) -> float:
        """Fill the empty database at `url`; the seconds that it took."""
        started = time.perf_counter()
        engine = connect(url)
        migrate(engine)
        seconds = _YEARS_MS // 1000
        indexes = [index for table in METADATA.tables.values() for index in table.indexes]
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            made = months.MonthsSeen(connection, self.now)
            made.make(self.now - second * 1000 for second in range(0, seconds + 1, 24 * 3600))
            _drop(connection, indexes)
        for first in range(0, self.messages, _CHUNK):
            last = min(first + _CHUNK, self.messages) - 1
            with engine.begin() as connection:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                for statement in (_MESSAGES, _PARTS, _CASES, _SEALS, _INTAKES, _INCIDENTS):
                    self._run(connection, statement, first, last)
            _say(f"{last + 1:,} messages")
        with engine.begin() as connection:
            self._run(connection, _TICKETS, 0, self.tickets - 1)
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
            for index in indexes:
                index.create(connection)
                _say(f"index {index.name}")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
            connection.exec_driver_sql("CHECKPOINT")
        engine.dispose()
        return time.perf_counter() - started

    def _run(self, connection: Connection, statement: str, first: int, last: int) -> None:
        text = statement
        for name, value in {
            "$1": self.now,
            "$2": _YEARS_MS,
            "$3": self.messages,
            "$4": first,
            "$5": last,
            "$6": self.us,
            "$7": self.part_bytes,
        }.items():
            text = text.replace(name, str(value))
        connection.exec_driver_sql(text)


def _drop(connection: Connection, indexes: list[Index]) -> None:
    """Built once at the end, they cost a fraction of what they cost row by row."""
    for index in indexes:
        index.drop(connection)


def _say(what: str) -> None:
    sys.stderr.write(f"  filled: {what}\n")


def _numbered(text: str, **different: str) -> str:
    """With what stands in braces made of n."""
    case = f"(n / {CASE_MESSAGES})"
    case_at = _AT.replace("(n *", f"({case} * {CASE_MESSAGES} *")
    names = {
        "at": _AT,
        "id": _ID.format(at=_AT, kind="m", n="n"),
        "case": _ID.format(at=case_at, kind="c", n=case),
        "case_at": case_at,
        "partner": _PARTNER,
        "sender": f"CASE WHEN n % 2 = 0 THEN '$6' ELSE {_PARTNER} END",
        "receiver": f"CASE WHEN n % 2 = 0 THEN {_PARTNER} ELSE '$6' END",
        "digest": _HASH.format(kind="d", n="n"),
        "seal": f"encode({_HASH.format(kind='s', n=f'(n / {SEAL_MESSAGES})')}, 'hex')",
        **different,
    }
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


# What of a message is long and of no meaning: pieces of bytes that do not compress.
_NOISE = (
    "WITH noise AS MATERIALIZED (SELECT string_agg(sha256(i::text::bytea), '') AS bytes"
    " FROM generate_series(1, 4096) i) "
)
_PIECE = "substr(noise.bytes, 1 + ((n * {prime}) & 65535)::int, {size})"

_MESSAGES = _numbered(
    _NOISE + "INSERT INTO message (id, sender, receiver, direction, case_id, kind, sequence, state,"
    " envelope, digest, recorded_at, expires_at, settled_at, seal_id, position, receipt)"
    " SELECT {id}, {sender}, {receiver}, CASE WHEN n % 2 = 0 THEN 'out' ELSE 'in' END, {case},"
    " (ARRAY['case.submit','case.receive','case.accept','case.decide','case.close'])[1 + n % 5],"
    " 1 + n % 5, 'taken', {envelope}, {digest}, {at}, {at} + 259200000, {at} + 40, {seal},"
    " n % 8, {receipt} FROM noise, generate_series($4::bigint, $5::bigint) n",
    envelope=_PIECE.format(prime=7, size=960),
    receipt=_PIECE.format(prime=11, size=288),
)
_PARTS = _numbered(
    _NOISE
    + "INSERT INTO part (message_id, sender, position, name, media_type, sealed, recorded_at)"
    " SELECT {id}, {sender}, 0, 'body', 'application/json', {sealed}, {at}"
    " FROM noise, generate_series($4::bigint, $5::bigint) n",
    sealed=_PIECE.format(prime=13, size="$7"),
)
_CASES = _numbered(
    "INSERT INTO case_record SELECT {case}, {partner}, '$6', {partner}, 'closed', NULL, false,"
    " false, 3, 2, 'N-' || n, {case_at}, {at}"
    " FROM generate_series($4::bigint, $5::bigint) n WHERE n % 5 = 0"
)
_SEALS = _numbered(
    _NOISE + "INSERT INTO seal SELECT CASE WHEN of = 'batch' THEN {seal} ELSE {receipts} END, of,"
    " {sender}, {receiver}, encode({token}, 'base64'), {leaves}, {at}"
    " FROM noise, generate_series($4::bigint, $5::bigint) n,"
    " (VALUES ('batch'), ('receipts')) o (of) WHERE n % 8 = 0",
    receipts=f"encode({_HASH.format(kind='q', n='n')}, 'hex')",
    token=_PIECE.format(prime=17, size=384),
    leaves=_PIECE.format(prime=19, size=32 * SEAL_MESSAGES),
)
_INTAKES = _numbered(
    "INSERT INTO intake SELECT 'N-' || n || '.json', {at}"
    " FROM generate_series($4::bigint, $5::bigint) n WHERE n % 5 = 0"
)
_INCIDENTS = _numbered(
    _NOISE + "INSERT INTO incident SELECT 'i-' || n, {at}, (ARRAY['document.invalid',"
    " 'document.not_carried', 'message.conflict'])[1 + n / 1000 % 3], {partner}, 'detail',"
    " '{}', {id}, {content}"
    " FROM noise, generate_series($4::bigint, $5::bigint) n WHERE n % 1000 = 0",
    content=_PIECE.format(prime=23, size=2000),
)
_TICKETS = _numbered(
    "INSERT INTO ticket (lane, message_id, sender, case_id, at, size)"
    " SELECT 'partner/' || {partner}, {id}, '$6', {case}, {at}, 2048"
    " FROM generate_series($4::bigint, $5::bigint) n"
)
