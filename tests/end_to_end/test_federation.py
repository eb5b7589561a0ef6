"""The federation over real gateways: joined by files, refreshed over HTTP, served to others."""

import json
import shutil
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer

from contracts.errors import Wrong
from gateway import config
from gateway.cli.app import app
from gateway.federation.office import Office
from gateway.federation.publishing import publish
from keys.stores.file import FileKeyStore
from keys.trust.federation import layout
from keys.trust.federation.copy import Copy
from keys.trust.members_file import read_members
from tests.end_to_end.command import tongban
from tests.end_to_end.typed import federation, get
from tests.processes.city import City, cities
from tests.processes.federation import QUICK, found
from tests.processes.patience import until
from tests.processes.raw_http import RawRequest

SUITES = {"410100": "sm", "440100": "intl"}


@pytest.fixture(autouse=True)
def _quick_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that are made here are quick to open, and what is said is said in English."""
    defaults: Any = FileKeyStore.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "iterations", 1000)
    monkeypatch.setenv("TONGBAN_LANG", "en")


def test_a_city_joins_by_files_and_its_partners_learn_of_it(tmp_path: Path) -> None:
    """From nothing to a member whose gateway is ready: every command as an engineer types it. Over
    mutual TLS, where a newcomer cannot know yet whose certificate it sees."""
    with cities(tmp_path, {**SUITES, "411000": "sm"}, tls=True) as (one, two, new):
        paper = {name: tmp_path / f"{name}.json" for name in ("f", "p", "q", "inv", "join", "copy")}
        federation("found", "-o", paper["f"], home=two.folder)
        options = ("--with", paper["f"], "--threshold", "2", "-o", paper["p"])
        assert "1 of 2 signed" in federation("found", *options, home=one.folder)
        with pytest.raises(typer.BadParameter, match="--yes"):  # nobody was asked
            federation("approve", paper["p"], home=two.folder)
        with pytest.raises(Wrong, match="1 founding cities have signed") as early:
            federation("publish", paper["p"], home=one.folder)
        assert early.value.code == "federation.not_now"
        federation("approve", paper["p"], "--yes", "-o", paper["q"], home=two.folder)
        federation("publish", paper["q"], "--copy", paper["copy"], home=one.folder)
        federation("mirror", "--from", paper["copy"], home=two.folder)
        for city in (one, two):
            city.env.update(QUICK)
            city.start()
        for city in (one, two):
            city.ready()

        invited = federation("invite", "411000", "-o", paper["inv"], home=one.folder)
        joining = federation("join", paper["inv"], "--yes", "-o", paper["join"], home=new.folder)
        (root,) = (line for line in invited.splitlines() if line.strip().startswith("root  "))
        assert root in joining  # what is compared by telephone
        federation("approve", paper["join"], "--yes", "-o", paper["p"], home=one.folder)
        federation("approve", paper["p"], "--yes", "-o", paper["q"], home=two.folder)
        federation("publish", paper["q"], home=two.folder)

        copied = federation("mirror", home=new.folder)  # over HTTP, from /trust/ of the founders
        assert "3 members" in copied
        assert 'root = "trust/root.json"' in (new.folder / config.FILE_NAME).read_text()
        new.start().ready()
        for city in (one, two):
            until(partial(_knows, city, "411000"), f"{city.code} learns of the new member")
        list_file = tmp_path / "members.json"
        assert "许昌市 411000" in federation("show", "--members", list_file, home=new.folder)
        assert {member.code for member in read_members(list_file).members} == {*SUITES, "411000"}
        assert federation("check", home=new.folder).count("version 2") == 2
        with pytest.raises(Wrong, match="that of the federation"):
            app(
                ["members", "add", str(one.folder / "member.json"), "--home", str(new.folder)],
                standalone_mode=False,
            )


def _knows(city: City, code: str) -> bool:
    return (
        f'tongban_link_failures{{partner="{code}"}}'.encode()
        in get(f"{city.operators_url}/metrics")[1]
    )


def test_a_gateway_starts_on_what_holds_and_on_nothing_else(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as (one, two):
        found((one, two), 2)
        nothing = two.start().ended()  # no copy, and nobody to ask
        assert nothing == 1
        assert "trust.mirror_unreachable" in two.log()

        one.start().ready()
        two.start().ready()  # its first copy comes over HTTP
        assert one.stop() == 0
        assert two.stop() == 0
        two.start().ready()  # its own copy holds, though the mirror is away
        until(
            lambda: two.metric("tongban_trust_refused_total", code="trust.mirror_unreachable"),
            "the mirror that is away is counted",
        )
        assert two.metric("tongban_trust_expires_seconds", role="timestamp") > 13 * 86400
        two.stop()

        root = two.folder / "trust" / "root.json"
        document = json.loads(root.read_text())
        document["signed"]["roles"]["root"]["threshold"] = 1
        root.write_text(json.dumps(document))
        assert two.start().ended() == 1
        assert "trust.root_broken" in two.log()
        doctor = tongban("doctor", "--home", two.folder, "--lang", "en")
        assert doctor.code == 1
        assert "trust.root_broken" in doctor.out


def test_news_is_taken_up_while_it_runs_and_a_stale_mirror_is_named(tmp_path: Path) -> None:
    with cities(tmp_path, SUITES) as (one, two):
        first, second = found((one, two), 2)
        stale = tmp_path / "stale"
        shutil.copytree(one.folder / "trust", stale)
        two.env["TONGBAN_TRUST__MIRRORS"] = json.dumps([f"{one.url}/trust", str(stale)])
        one.start().ready()
        two.start().ready()
        file = one.folder / "member.json"
        file.write_text(
            json.dumps({**json.loads(file.read_text()), "address": "https://moved.example"})
        )
        federation("publish", "--offline", home=first.folder.folder)
        until(lambda: "moved.example" in _accepted(second, "410100"), "the new address arrives")
        until(
            lambda: two.metric("tongban_trust_refused_total", code="trust.rollback"),
            "the stale mirror is counted",
        )
        assert two.health()[0] == 200


def _accepted(office: Office, code: str) -> str:
    file = office.copy.folder / "accepted" / f"{code}.json"
    return file.read_text() if file.exists() else ""


@pytest.mark.parametrize("served", [True, False])
def test_a_mirror_serves_the_federation_and_nothing_else(tmp_path: Path, served: bool) -> None:
    with cities(tmp_path, {"410100": "sm"}) as (one,):
        if served:
            (office,) = found((one,), 1)
            publish(office, [], [])
        one.start().ready()
        base = f"{one.url}/trust"
        status, timestamp = get(f"{base}/{layout.TIMESTAMP}")
        assert status == (200 if served else 404)
        if not served:
            return
        assert timestamp == Copy(one.folder / "trust").read(layout.TIMESTAMP, 100_000)
        for path in (
            "root.json", ".lock", "accepted/410100.json", "", "metadata/", "metadata/9.root.json",
            "..%2ftongban.toml", "%2e%2e/keys/passphrase", "metadata/..%2f..%2ftongban.toml",
        ):  # fmt: skip
            status, body = get(f"{base}/{path}")
            assert status == 404, path
            assert b"[member]" not in body
        with_dots = RawRequest(one.port)
        with_dots.send(
            b"GET /trust/../tongban.toml HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        answer = with_dots.answer()
        assert answer is not None
        assert answer.status == 404
        request = urllib.request.Request(f"{base}/{layout.TIMESTAMP}", data=b"x", method="POST")
        with pytest.raises(urllib.error.HTTPError, match="405"):
            urllib.request.urlopen(request, timeout=30)
