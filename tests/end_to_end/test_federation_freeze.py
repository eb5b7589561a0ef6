"""A freeze: told days before it bites, wherever an operator looks; and then it bites."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.federation.office import Office
from gateway.federation.publishing import publish
from keys.stores.file import FileKeyStore
from keys.trust.federation import layout
from tests.end_to_end.command import tongban
from tests.processes.city import City, cities
from tests.processes.federation import found
from tests.processes.other_time import set_clock
from tests.processes.patience import until
from tests.unit.docs.test_alerts import RULES

DAY = 86_400.0
SINCE = layout.TIMESTAMP_LIFE - timedelta(days=6)
"""So long nobody has published: eight days, and six are left."""


@pytest.fixture(autouse=True)
def _quick_english(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults: Any = FileKeyStore.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "iterations", 1000)
    monkeypatch.setenv("TONGBAN_LANG", "en")


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[tuple[City, City, Office]]:
    """Two cities whose federation was last published eight days ago; the first runs under a
    clock that can be set."""
    with cities(tmp_path, {"410100": "sm", "440100": "intl"}) as (one, two):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Office, "now", lambda _: datetime.now(UTC) - SINCE)
            office, _ = found((one, two), 2)
        clock = tmp_path / "clock"
        set_clock(clock, 0)
        one.command = ("tests.processes.other_time", str(clock))
        one.start().ready()
        yield one, two, office


def seconds_left(city: City) -> float:
    return city.metric("tongban_trust_expires_seconds", role="timestamp")


def alert_below() -> float:
    """The seconds below which the alert goes off."""
    loaded = yaml.safe_load(RULES.read_text("utf-8"))
    rules = [rule for group in loaded["groups"] for rule in group["rules"]]
    (text,) = (rule["expr"] for rule in rules if rule["alert"] == "TongbanTrustEnds")
    found = re.search(r"tongban_trust_expires_seconds\) < (\d+) \* (\d+)", text)
    assert found is not None
    return float(found[1]) * float(found[2])


def test_a_freeze_is_told_days_before_it_bites(frozen: tuple[City, City, Office]) -> None:
    one, _, office = frozen
    assert one.health()[0] == 200  # it has not bitten
    assert 5.9 * DAY < seconds_left(one) < 6 * DAY < alert_below()
    doctor = tongban("doctor", "--home", one.folder)
    assert "! 联盟  时间戳将于" in doctor.out  # a warning: nothing is broken yet
    assert "tongban federation publish" in doctor.out
    checked = tongban("federation", "check", "--home", one.folder)
    assert checked.code == 1
    assert "✗ 时间戳  有效至" in checked.out

    publish(office, [], [])
    until(lambda: seconds_left(one) > 13 * DAY, "the gateway takes the new timestamp")
    assert "时间戳将于" not in tongban("doctor", "--home", one.folder).out


def test_what_has_ended_is_used_no_more_until_somebody_publishes(
    frozen: tuple[City, City, Office],
) -> None:
    one, _, office = frozen
    clock = Path(one.command[1])
    set_clock(clock, 7 * DAY)
    until(lambda: one.health()[1].get("faults") == ["trust.frozen"], "the list is not used")
    assert seconds_left(one) < 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Office, "now", lambda _: datetime.now(UTC) + timedelta(days=7))
        publish(office, [], [])
    until(lambda: one.health()[0] == 200, "and used again once it is published anew")
