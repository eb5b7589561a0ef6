"""``make bench``: prints the table and writes ``build/bench.json``.

Baselines and measurements alternate within one run, because machines are noisy: compare
ratios, not days.
"""

import argparse
import sys
from pathlib import Path

import orjson

from benchmarks import baselines, engines, exchange, stages, translate, trust
from benchmarks.slow_signer import SIGNS_PER_S

_OUTPUT = Path("build/bench.json")
_SUITES = ("sm", "intl")
_SHORT = 10_000  # messages of a run that is compared with its like alone


def main() -> None:
    options = _options()
    found = baselines.measure()
    _section("baselines", found)
    _keep(found, translate.measure(), "translations")
    for suite in _SUITES:
        spent = stages.measure(suite)
        _keep(found, {f"stages.{suite}.{k}": v for k, v in spent.items()}, f"a message {suite}")
    for suite in _SUITES:
        best = _best(suite, options)
        _keep(found, {f"exchange.{suite}.{k}": v for k, v in best.items()}, f"exchange {suite}")
    _keep(found, _trust(found), "trust")
    short = min(options.messages, _SHORT)
    run = exchange.beside_tls("sm", messages=short, singles=100, runs=options.runs)
    _keep(found, run, "exchange sm over mutual TLS, in turns with plain HTTP")
    best = _best("sm", options, signs_per_s=SIGNS_PER_S)
    title = f"exchange sm, {SIGNS_PER_S} signatures a second on both sides"
    _keep(found, {f"slow_signer.sm.{k}": v for k, v in best.items()}, title)
    if options.long:
        run = exchange.measure("sm", messages=options.long, singles=50)
        _keep(found, {f"long.sm.{k}": v for k, v in run.items()}, f"{options.long} messages, sm")
    if options.engines:
        title = "PostgreSQL and RabbitMQ, 1, 2 and 4 processes a member, beside a shovel"
        run = engines.measure(messages=options.engines, singles=options.singles)
        _keep(found, run, title)
    _keep(found, _ratios(found), "ratios")
    _judge(found)
    _OUTPUT.parent.mkdir(exist_ok=True)
    _OUTPUT.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    sys.stdout.write(f"\nwritten to {_OUTPUT}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000, help="messages a run")
    parser.add_argument("--singles", type=int, default=300, help="single messages at rest")
    parser.add_argument("--runs", type=int, default=2, help="runs a suite; the best counts")
    parser.add_argument("--long", type=int, default=100_000, help="messages of the long run")
    parser.add_argument(
        "--engines", type=int, default=10_000, help="messages over servers; 0: none"
    )
    return parser.parse_args()


def _best(
    suite: str, options: argparse.Namespace, *, signs_per_s: float | None = None
) -> dict[str, float]:
    """The run that was disturbed least."""
    runs = [
        exchange.measure(
            suite, messages=options.messages, singles=options.singles, signs_per_s=signs_per_s
        )
        for _ in range(options.runs)
    ]
    return max(runs, key=lambda run: run["messages_per_s"])


def _trust(found: dict[str, float]) -> dict[str, float]:
    """With the share of what the sender of this run spent on a message."""
    cost = trust.measure()
    share = cost["trust.lookup_us"] / found["exchange.sm.cpu_us"]
    return {**cost, "trust.share_of_message": share}


def _ratios(found: dict[str, float]) -> dict[str, float]:
    """What the figures mean: who is faster than what, on this machine, in this minute."""
    sm, intl = (found[f"exchange.{suite}.messages_per_s"] for suite in _SUITES)
    over_servers = [found.get(f"engines.sm.{count}.messages_per_s") for count in engines.PROCESSES]
    shovel = found.get("baseline.shovel.messages_per_s")
    best = max((rate for rate in over_servers if rate is not None), default=None)
    return {
        **({"ratio.engines_to_shovel": best / shovel} if best and shovel else {}),
        "ratio.sm_to_intl": sm / intl,
        "ratio.slow_signer": found["slow_signer.sm.messages_per_s"] / sm,
        "ratio.sm_to_sm2_signs": sm / found["baseline.sm.signs_per_s"],
        "ratio.sm_to_aiohttp_posts": sm / found["baseline.aiohttp.posts_per_s"],
        "ratio.sm_to_sqlite_rows": sm / found["baseline.sqlite.rows_per_s"],
    }


def _judge(found: dict[str, float]) -> None:
    """Say of each target whether it was reached. To be slow is no failure."""
    growth = "second_half_growth_mib"
    long = [f"long.sm.{growth}"] if f"long.sm.{growth}" in found else []
    grown = max(found[key] for key in (*long, *(f"exchange.{s}.{growth}" for s in _SUITES)))
    at_rest = max(found[f"exchange.{suite}.p99_ms"] for suite in _SUITES)
    rate, ratio = found["exchange.sm.messages_per_s"], found["ratio.sm_to_intl"]
    slow = found["ratio.slow_signer"]
    targets = [
        ("sm, messages a second", ">= 2,500", rate, rate >= 2_500),
        ("sm to intl", ">= 0.8", ratio, ratio >= 0.8),
        (f"with {SIGNS_PER_S} signatures a second", ">= 0.9", slow, slow >= 0.9),
        ("p99 at rest, ms, both suites", "< 30", at_rest, at_rest < 30),
        ("growth in the second half, MiB, every run", "< 16", grown, grown < 16),
    ]
    share = 100 * found["trust.share_of_message"]
    targets.append(("trust, % of a message's CPU, sm", "< 2", share, share < 2))
    if (over := found.get("ratio.engines_to_shovel")) is not None:
        targets.append(("over servers, the best, to the shovel", ">= 1", over, over >= 1))
    sys.stdout.write("\ntargets\n")
    for name, target, value, reached in targets:
        said = "reached" if reached else "not reached"
        sys.stdout.write(f"  {name:<46} {value:>12,.2f}  {target:<9} {said}\n")


def _keep(found: dict[str, float], new: dict[str, float], title: str) -> None:
    found.update(new)
    _section(title, new)


def _section(title: str, numbers: dict[str, float]) -> None:
    sys.stdout.write(f"\n{title}\n")
    for name, value in numbers.items():
        sys.stdout.write(f"  {name:<46} {value:>12,.1f}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
