"""The whole demonstration, from a scratch folder to an exit code."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from adapters.profiles.load import builtin_profile, load_profile
from contracts.errors import TongbanError
from gateway.cli import screen
from gateway.cli.desk import desk
from gateway.cli.language import VARIABLE, say
from gateway.cli.wording import state_name
from gateway.demo import show
from gateway.demo.check import Ledger, audit, read_ledger
from gateway.demo.city import City, DemoFailed, free_ports, stop
from gateway.demo.engine import Embedded, Engine, production
from gateway.demo.native import native_of
from gateway.demo.play import Played, play
from gateway.demo.stories import CHANGSHA, GUANGZHOU, KAIFENG, STORIES, ZHENGZHOU

_SUITES = {ZHENGZHOU: "sm", GUANGZHOU: "intl", CHANGSHA: "sm", KAIFENG: "intl"}
_SETTLED_SECONDS = 30.0
_INTERRUPTED = 130  # what a shell expects of a command that Ctrl-C ended


def run_demo(*, keep: bool, on_servers: bool = False) -> int:
    """0 when everything holds. The scratch folder stays when something does not.

    `on_servers`: on PostgreSQL and RabbitMQ, see `gateway.demo.engine`.
    """
    environment = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("TONGBAN_")]:
        if name != VARIABLE:
            del os.environ[name]  # settings of somebody's own gateway
    scratch = Path(tempfile.mkdtemp(prefix="tongban-demo-"))
    for number in (signal.SIGTERM, signal.SIGHUP):  # while servers start
        signal.signal(number, signal.default_int_handler)
    try:
        if on_servers:
            starting = say("启动 PostgreSQL 与 RabbitMQ", "starting PostgreSQL and RabbitMQ")
            screen.out().print(starting, style="dim")
            with production(scratch, list(_SUITES), environment) as engine:
                held = asyncio.run(_cancellable(scratch, engine, keep=keep))
        else:
            held = asyncio.run(_cancellable(scratch, Embedded(), keep=keep))
    except DemoFailed as failure:
        _say_why(failure)
        held = False
    except (KeyboardInterrupt, asyncio.CancelledError):
        shutil.rmtree(scratch, ignore_errors=True)
        screen.err().print(say("已中断", "interrupted"))
        return _INTERRUPTED
    if not held:
        where = say("现场保留在", "everything is kept in")
        screen.err().print(f"{where} {scratch}", markup=False, soft_wrap=True)
        return 1
    shutil.rmtree(scratch, ignore_errors=True)
    return 0


async def _cancellable(scratch: Path, engine: Engine, *, keep: bool) -> bool:
    """However it is ended, the gateways are ended first."""
    cities = _cities(scratch)
    whole = asyncio.ensure_future(_demo(cities, engine, keep=keep))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, whole.cancel)
    try:
        return await whole
    except DemoFailed as failure:
        _say_why(failure)
        return False
    except TongbanError as error:
        screen.err().print(f"✗ {error}", style="bold red", markup=False, soft_wrap=True)
        return False
    finally:
        stop(cities.values())


def _say_why(failure: DemoFailed) -> None:
    screen.err().print(f"✗ {failure}", style="bold red", markup=False, soft_wrap=True)
    if failure.city is not None:
        screen.err().print(show.log_tail(failure.city))


async def _demo(cities: Mapping[str, City], engine: Engine, *, keep: bool) -> bool:
    began, console = time.monotonic(), screen.out()
    console.print(show.city_table(list(cities.values())))
    for line in engine.lines():
        console.print(line, style="dim", markup=False)
    await _start(cities, engine)
    ready = time.monotonic()
    console.print(say("网关就绪", "gateways ready") + f" ({ready - began:.1f} s)\n", style="dim")
    with show.Board(console, STORIES) as tell:
        plays = [play(story, cities, serial, tell) for serial, story in enumerate(STORIES, 1)]
        played = await asyncio.gather(*plays)
    agreed = await _show_cases(played, cities)
    ledgers = await _settled(cities)
    result = audit(ledgers)
    console.print(show.audit_page(result, ledgers))
    console.print(say("用时", "took") + f" {time.monotonic() - began:.1f} s", style="dim")
    held = agreed and not result.faults
    if keep and held:
        console.print(show.keep_page(list(cities.values())))
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    return held


def _cities(scratch: Path) -> dict[str, City]:
    cities = {}
    ports = iter(free_ports(2 * len(_SUITES)))
    for code, suite in _SUITES.items():
        profile = load_profile(builtin_profile(code))
        family, encoding, home = profile.family, profile.encoding, scratch / code
        places = next(ports), next(ports)
        # 16 bytes: what a profile refers to is a key of SM4
        made = {name: secrets.token_hex(16) for name in profile.references}
        files = {profile.references[name].removeprefix("file:"): made[name] for name in made}
        native = native_of(replace(profile, secrets=made))
        cities[code] = City(
            code, profile.name, suite, family, encoding, home, *places, files, native
        )
    return cities


async def _start(cities: Mapping[str, City], engine: Engine) -> None:
    members = [city.make() for city in cities.values()]
    for city in cities.values():
        engine.settle(city)
        city.meet(members)
        city.start()
    await asyncio.gather(*(city.ready() for city in cities.values()))


async def _show_cases(played: Sequence[Played], cities: Mapping[str, City]) -> bool:
    """Print every case; whether both cities see the same, and the end that was meant."""
    agreed = True
    for one in played:
        number = one.numbers[one.story.handling]
        views = []
        for code in (one.story.receiving, one.story.handling):
            async with desk(cities[code].home) as at:
                views.append(await at.view(await at.view.find(number)))
        pairs = [exchanged for exchanged in one.exchanged if exchanged.step.shown]
        screen.out().print(show.case_page(one.story, views[0], views[1], pairs))
        agreed &= show.sees(views[0]) == show.sees(views[1])
        if views[0].state is not one.story.ends:
            ended = f"{state_name(views[0].state)} ≠ {state_name(one.story.ends)}"
            raise DemoFailed(f"{one.story.title}: {ended}")
    return agreed


async def _settled(cities: Mapping[str, City]) -> list[Ledger]:
    """Every city's ledger, once nothing waits in any lane or the time is over."""
    deadline = time.monotonic() + _SETTLED_SECONDS
    while True:
        ledgers = [ledger async for ledger in _ledgers(cities)]
        if not audit(ledgers).faults or time.monotonic() > deadline:
            return ledgers
        await asyncio.sleep(0.1)


async def _ledgers(cities: Mapping[str, City]) -> AsyncIterator[Ledger]:
    for code, city in cities.items():
        city.must_live()
        async with desk(city.home) as at:
            yield await read_ledger(code, at.parts.store, at.parts.home.trust)
