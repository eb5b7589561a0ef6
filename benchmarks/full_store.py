"""A store with years in it against an empty one: ``python -m benchmarks.full_store``.

Fills a PostgreSQL database (`benchmarks.filling`), lets two gateways exchange messages over
empty stores and over the full one in turn, and asks the full one what operators ask. Databases
are made on the server that ``--server`` names and dropped at the end. Compare ratios within a run.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import psycopg
from sqlalchemy import make_url

from benchmarks import exchange
from benchmarks.filling import STRANGERS, Filling
from benchmarks.members import RECEIVER, SENDER
from gateway.clock import SystemClock
from gateway.config import FILE_NAME
from gateway.stores.postgres import open_postgres

_SERVER = os.environ.get("TONGBAN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
_SIZES = """
SELECT regexp_replace(relname, '_(2[0-9]{3}_[0-9]{2}|other)', '') || '.' || relkind::text,
       sum(pg_total_relation_size(oid) - pg_indexes_size(oid))::bigint
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
GROUP BY 1 HAVING sum(pg_relation_size(oid)) > %s ORDER BY 2 DESC
"""
_OUTPUT = Path("build/full_store.json")
_TIMES = 50  # that each question is asked
_BACKLOG_MS, _RATIO = 20.0, 0.9


def main() -> None:
    options = _options()
    now = int(time.time() * 1000)
    filling = Filling(options.rows, options.tickets, options.part_bytes, SENDER, now)
    found = {"rows": float(options.rows), "tickets": float(options.tickets)}
    with _database(options.server) as full:
        _keep(found, {"fill_s": filling(full), **_sizes(full, options.rows)})
        _keep(found, asyncio.run(_questions(full)))
        if options.runs:
            _keep(found, _exchanges(full, filling, options))
    _judge(found)
    _OUTPUT.parent.mkdir(exist_ok=True)
    _OUTPUT.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    sys.stdout.write(f"\nwritten to {_OUTPUT}\n")


def _keep(found: dict[str, float], new: dict[str, float]) -> None:
    """What was measured is shown at once: what follows takes long."""
    found.update(new)
    for name, value in new.items():
        sys.stdout.write(f"  {name:<46} {value:>14,.2f}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.full_store", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="messages in the full store")
    parser.add_argument("--tickets", type=int, default=1_000_000, help="tickets that wait in it")
    parser.add_argument("--part-bytes", type=int, default=256, help="bytes of each one's part")
    parser.add_argument("--messages", type=int, default=5_000, help="messages a run")
    parser.add_argument("--singles", type=int, default=100, help="single messages at rest")
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind; the best counts")
    parser.add_argument("--server", default=_SERVER, help="URL of a role that makes databases")
    return parser.parse_args()


@contextmanager
def _database(server: str) -> Iterator[str]:
    """A new, empty database, dropped at the end."""
    name = f"bench_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0".encode())
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


# --- exchange ---------------------------------------------------------------------------------


def _exchanges(full: str, filling: Filling, options: argparse.Namespace) -> dict[str, float]:
    """The best run of each kind; kinds take turns, so that a noisy minute hits them all."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(options.runs):
        for kind in ("empty", "full_receiver", "full_sender"):
            run = _exchange(kind, full, options)
            _forget(full, filling.messages, filling.now)
            if run["messages_per_s"] > best.get(kind, run)["messages_per_s"] or kind not in best:
                best[kind] = run
    found = {
        f"{kind}.{name}": run[name]
        for kind, run in best.items()
        for name in ("messages_per_s", "p50_ms", "p99_ms")
    }
    rate = found["empty.messages_per_s"]
    for kind in ("full_receiver", "full_sender"):
        found[f"ratio.{kind}"] = found[f"{kind}.messages_per_s"] / rate
    return found


def _exchange(kind: str, full: str, options: argparse.Namespace) -> dict[str, float]:
    with _database(options.server) as one, _database(options.server) as other:
        stores = {
            "empty": (one, other),
            "full_receiver": (one, full),
            "full_sender": (full, other),
        }[kind]

        ground = _Databases({SENDER: stores[0], RECEIVER: stores[1]})
        return exchange.measure(
            "sm", messages=options.messages, singles=options.singles, ground=ground
        )


class _Databases(exchange.Ground):
    """A database for each member, by its code."""

    def __init__(self, urls: dict[str, str]) -> None:
        self._urls = urls

    def prepare(self, folder: Path) -> None:
        file = folder / FILE_NAME
        table = f'[store]\nengine = "postgres"\nurl = "{self._urls[folder.name]}"\n'
        file.write_text(file.read_text().replace("[store]\n", table))

    def disk_bytes(self, sender: Path, receiver: Path, messages: int) -> dict[str, float]:  # noqa: ARG002
        return {}  # `_sizes` tells it of millions


def _forget(full: str, messages: int, now: int) -> None:
    """Take out what a run has put in: the next one uses the same numbers again."""
    with psycopg.connect(full) as connection:
        for statement in (
            f"DELETE FROM message WHERE recorded > {messages}",
            f"DELETE FROM part WHERE recorded_at > {now}",
            f"DELETE FROM case_record WHERE changed_at > {now}",
            f"DELETE FROM seal WHERE issuer IN ('{SENDER}', '{RECEIVER}') AND at > {now}",
            f"DELETE FROM ticket WHERE lane NOT IN ({_lanes()})",
            "TRUNCATE lane, epoch, waiting",
        ):
            connection.execute(statement.encode())


def _lanes() -> str:
    return ", ".join(f"'partner/{code}'" for code in STRANGERS)


# --- questions --------------------------------------------------------------------------------


async def _questions(full: str) -> dict[str, float]:
    """What operators ask, in milliseconds: the first time, the median, and nearly the worst."""
    store = open_postgres(full, None, SystemClock())
    (newest, *_) = await store.cases(before=None, limit=1)
    messages = await store.messages(newest.id)
    number = newest.number or ""
    now = int(time.time() * 1000)
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "backlog": store.backlog,
        "cases": lambda: store.cases(before=None, limit=50),
        "cases_next_page": lambda: store.cases(before=newest, limit=50),
        "case_by_number": lambda: store.case_by_number(number),
        "messages_of_case": lambda: store.messages(newest.id),
        "message": lambda: store.message(None, messages[0].id),
        "seal": lambda: store.seal(messages[0].seal_id or ""),
        "expiring": lambda: store.expiring(now, 100),
        "waiting_expired": lambda: store.waiting_expired(now, 100),
        "incidents": lambda: store.incidents(limit=50),
        "incident_counts": store.incident_counts,
        "tickets": lambda: store.tickets(f"partner/{STRANGERS[0]}", 0, 128),
    }
    found = {}
    for name, ask in questions.items():
        took = [await _ms(ask) for _ in range(_TIMES)]
        found[f"{name}.first_ms"] = took[0]
        found[f"{name}.p50_ms"] = sorted(took)[_TIMES // 2]
        found[f"{name}.p90_ms"] = sorted(took)[_TIMES * 9 // 10]
    counted = sum(each.depth for each in await store.backlog())
    await store.close()
    with psycopg.connect(full) as connection:
        (there,) = connection.execute("SELECT count(*) FROM ticket").fetchone() or (0,)
    return {**found, "backlog.estimate_to_count": counted / there if there else 1.0}


async def _ms(ask: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await ask()
    return (time.perf_counter() - started) * 1000


def _sizes(full: str, messages: int) -> dict[str, float]:
    """Bytes by the message of the store, of each table and of each index."""
    with psycopg.connect(full) as connection:
        rows = connection.execute(_SIZES, [messages]).fetchall()
    kinds = {"r": "table", "i": "index"}
    return {f"bytes.{n[:-2]}.{kinds[n[-1]]}": size / messages for n, size in rows}


def _judge(found: dict[str, float]) -> None:
    ratios = {name: value for name, value in found.items() if name.startswith("ratio.")}
    targets = [("backlog, ms", f"< {_BACKLOG_MS}", found["backlog.p50_ms"] < _BACKLOG_MS)]
    targets += [(name, f">= {_RATIO}", value >= _RATIO) for name, value in ratios.items()]
    sys.stdout.write("\ntargets\n")
    for name, target, reached in targets:
        said = "reached" if reached else "not reached"
        sys.stdout.write(f"  {name:<46} {target:<9} {said}\n")


if __name__ == "__main__":
    main()
