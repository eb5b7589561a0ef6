"""Officers who sign in at the city's provider of identities: a real one, over HTTP."""

import json
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.command import ROOT, Ended, command, environment, tongban
from tests.end_to_end.members import new_member
from tests.end_to_end.officers import Officers, found
from tests.processes.nursery import bear
from tests.processes.patience import LONG, until
from tests.processes.provider import Provider, provider

DUTIES = {"system": "gw-system", "security": "gw-security", "auditor": "gw-audit"}


@dataclass
class Town:
    """A member whose officers sign in elsewhere."""

    home: Path
    hands: Path
    provider: Provider
    officers: Officers

    def sign_in(self, sub: str, tampered: tuple[str, str] | None = None) -> Ended:
        """The whole way: address out, browser there and back. `tampered`: a change of the
        address at which the browser ends."""
        out, err = self.hands / "out", self.hands / "err"
        out.write_text("")
        words = ["sign-in", "--oidc", "--home", str(self.home)]
        running = bear(words, self._environment(sub), ROOT, out, err)
        try:
            until(lambda: "\n" in out.read_text(), "an address is shown", every=0.02)
            back = self.provider.browser(out.read_text().strip(), sub)
            visit(back.replace(*tampered) if tampered else back)
            code = running.wait(LONG)
        finally:
            running.send_signal(signal.SIGKILL)
        assert "Traceback" not in err.read_text()
        return Ended(code, out.read_text(), err.read_text())

    def sign_in_by_hand(self, sub: str) -> Ended:
        """The browser is on another machine: its last address is typed in."""
        running = subprocess.Popen(
            command("sign-in", "--oidc", "--paste", "--home", str(self.home)),
            env=self._environment(sub),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert running.stdout is not None
        try:
            back = self.provider.browser(running.stdout.readline().strip(), sub)
            out, err = running.communicate(f"{back}\n", timeout=LONG)
        finally:
            running.kill()
        return Ended(running.returncode, out, err)

    def _environment(self, sub: str) -> dict[str, str]:
        return environment(TONGBAN_SESSION=str(self.session(sub)))

    def session(self, sub: str) -> Path:
        return self.hands / f"oidc-{sub}"

    def as_(self, sub: str, *words: str) -> Ended:
        variables = {"TONGBAN_SESSION": str(self.session(sub))}
        return tongban(*words, "--home", self.home, variables=variables)


def visit(address: str) -> None:
    with urllib.request.urlopen(address, timeout=LONG) as page:
        assert page.headers["Cache-Control"] == "no-store"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("oidc")
    home = new_member(folder / "zhengzhou", "410100", "intl")
    officers = found(home, folder / "hands")
    with provider() as running:
        values = "\n".join(f'{name} = "{value}"' for name, value in DUTIES.items())
        settings = (
            f'\n[oidc]\nissuer = "{running.issuer}"\nclient_id = "tongban"\n{values}\n'
            f'claim = "groups"\nclient_secret_file = "oidc-secret"\namr = ["otp", "hwk"]\n'
        )
        with (home / "tongban.toml").open("a") as file:
            file.write(settings)
        secret = home / "oidc-secret"
        secret.touch(mode=0o600)
        secret.write_text("a secret of the client\n")
        amr = ["pwd", "otp"]
        running.person("li", groups=["staff", "gw-security"], preferred_username="li", amr=amr)
        running.person("zhao", groups="gw-audit", preferred_username="auditor", amr=amr)
        running.person("both", groups=["gw-system", "gw-audit"], amr=amr)
        running.person("none", groups=["staff"], amr=amr)
        running.person("weak", groups=["gw-system"], amr=["pwd"])
        yield Town(home, folder / "hands", running, officers)


@pytest.fixture(autouse=True)
def _truth(town: Town) -> Iterator[None]:
    yield
    town.provider.lie()


def test_the_claims_say_which_officer_somebody_is(town: Town) -> None:
    signed = town.sign_in("li")
    assert signed.code == 0, signed.err
    assert "li" in signed.out
    assert town.as_("li", "whoami").out.split() == ["li", "安全管理员"]
    listed = town.as_("li", "officer", "list")
    assert "OIDC" in listed.out
    assert "officer.duty" in town.as_("li", "links").err


def test_a_name_there_takes_no_account_over_here(town: Town) -> None:
    """Whoever is called `auditor` at the provider is not our account of that name."""
    assert town.sign_in("zhao").code == 0
    name, duty = town.as_("zhao", "whoami").out.split()
    assert name.startswith("oidc-")
    assert duty == "审计员"
    log = town.as_("zhao", "officer", "log", "--check")
    assert log.code == 0, log.err


def test_the_browser_may_be_on_another_machine(town: Town) -> None:
    assert town.sign_in_by_hand("li").code == 0


@pytest.mark.parametrize("sub", ["both", "none"])
def test_somebody_who_is_not_exactly_one_officer_is_refused(town: Town, sub: str) -> None:
    refused = town.sign_in(sub)
    assert refused.code == 1
    assert "officer.two_duties" in refused.err
    assert not town.session(sub).exists()


def test_whoever_was_one_officer_does_not_come_back_as_another(town: Town) -> None:
    town.provider.person("moves", groups=["gw-audit"], amr=["otp"])
    assert town.sign_in("moves").code == 0
    town.provider.person("moves", groups=["gw-system"], amr=["otp"])
    assert "officer.two_duties" in town.sign_in("moves").err


def test_a_locked_account_is_locked_whatever_the_provider_says(town: Town) -> None:
    town.provider.person("gone", groups=["gw-audit"], preferred_username="gone", amr=["otp"])
    assert town.sign_in("gone").code == 0
    assert town.sign_in("li").code == 0
    locked = town.as_("li", "officer", "lock", "gone")
    assert locked.code == 0, locked.err
    assert "officer.session" in town.as_("gone", "officer", "log").err
    assert "officer.sign_in" in town.sign_in("gone").err


def test_a_second_factor_there_is_asked_for(town: Town) -> None:
    refused = town.sign_in("weak")
    assert "officer.provider" in refused.err
    assert "amr" in refused.err


@pytest.mark.parametrize(
    ("lies", "why"),
    [
        ({"claims": {"nonce": "another"}}, "nonce"),
        ({"without": ["nonce"]}, "nonce"),
        ({"claims": {"aud": "another"}}, "InvalidAudienceError"),
        ({"claims": {"aud": ["tongban", "another"]}}, "azp"),
        ({"claims": {"azp": "another"}}, "azp"),
        ({"claims": {"iss": "https://id.example"}}, "InvalidIssuerError"),
        ({"claims": {"exp": 1}}, "ExpiredSignatureError"),
        ({"claims": {"iat": 4_102_444_800, "exp": 4_102_448_400}}, "ImmatureSignatureError"),
        ({"without": ["exp"]}, "MissingRequiredClaimError"),
        ({"without": ["sub"]}, "MissingRequiredClaimError"),
        ({"alg": "none"}, "ID token"),
        ({"alg": "HS256"}, "ID token"),
        ({"kid": "unknown"}, "key"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else None,
)
def test_a_provider_that_lies_signs_nobody_in(town: Town, lies: dict[str, Any], why: str) -> None:
    town.session("li").unlink(missing_ok=True)
    town.provider.lie(**lies)
    refused = town.sign_in("li")
    assert refused.code == 1
    assert "officer.provider" in refused.err
    assert why in refused.err
    assert not town.session("li").exists()


def test_a_key_that_was_changed_is_taken_up_and_the_old_one_is_over(town: Town) -> None:
    assert town.sign_in("li").code == 0
    town.provider.change_key()
    assert town.sign_in("li").code == 0
    town.provider.lie(key="old")
    assert "officer.provider" in town.sign_in("li").err


@pytest.mark.parametrize(
    ("tampered", "why"),
    [
        (("state=", "state=x"), "state"),
        (("code=", "code=x"), "400"),
        (("code=", "error=access_denied&was="), "access_denied"),
        (("?", "?iss=https%3A%2F%2Fother.example&"), "iss"),
        (("?", "?code=first&"), "twice"),
    ],
)
def test_an_answer_that_was_tampered_with_is_not_taken(
    town: Town, tampered: tuple[str, str], why: str
) -> None:
    refused = town.sign_in("li", tampered=tampered)
    assert refused.code == 1
    assert "officer.provider" in refused.err
    assert why in refused.err


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (("127.0.0.1", "127.0.0.2"), 2, "oidc.issuer"),
        (
            ('issuer = "http://127.0.0.1:', 'issuer = "http://127.0.0.1:1#'),
            1,
            "provider.unreachable",
        ),
        (('"\nclient_id', '/"\nclient_id'), 1, "another issuer"),
        (("http://127", "ftp://127"), 2, "oidc.issuer"),
        (("gw-security", "gw-system"), 2, "three values"),
        (('claim = "groups"', 'claim = "groups"\nscopes = ["profile"]'), 2, "oidc.scopes"),
        (('client_id = "tongban"', ""), 2, "oidc.client_id"),
    ],
)
def test_what_is_wrong_with_the_settings_is_said(
    town: Town, change: tuple[str, str], code: int, said: str
) -> None:
    file = town.home / "tongban.toml"
    before = file.read_text()
    head, table, oidc = before.partition("[oidc]")
    assert change[0] in oidc
    file.write_text(head + table + oidc.replace(*change))
    try:
        ended = tongban("sign-in", "--oidc", "--home", town.home)
    finally:
        file.write_text(before)
    assert ended.code == code
    assert said in ended.err


def test_whoever_calls_a_command_names_no_provider_of_his_own(town: Town) -> None:
    variables = {"TONGBAN_OIDC__ISSUER": "http://127.0.0.1:9"}
    ended = tongban("sign-in", "--oidc", "--home", town.home, variables=variables)
    assert ended.code == 2
    assert "TONGBAN_OIDC__ISSUER" in ended.err


def test_local_accounts_go_on_beside(town: Town) -> None:
    assert town.officers.sign_in("auditor").code == 0
