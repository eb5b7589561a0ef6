"""Where a partner is called, by what was chosen: never in the clear beyond this machine."""

from pathlib import Path

import pytest

from contracts.errors import PartnerUnreachable
from gateway.bootstrap import addresses_of
from gateway.config import load
from gateway.loopback import is_loopback, leads_to_loopback
from gateway.member_folder import NewMember, make_member_folder
from keys.trust.member import Member, MemberList
from keys.trust.roll import Roll

TLS, PLAIN = "https://gateway.gz.example:8443", "http://gateway.gz.example:8410"
HERE, SECURE_HERE = "http://127.0.0.1:8410", "https://127.0.0.1:8443"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("member")
    make_member_folder(folder, NewMember("410100", "intl", plain_http=True))
    return folder


def called(folder: Path, mode: str, address: str, *further: str) -> list[str]:
    member = Member(
        code="440100", name="广州市", suite="sm", address=address, further_addresses=further
    )
    with pytest.MonkeyPatch.context() as chosen:
        chosen.setenv("TONGBAN_TLS__MODE", mode)
        chosen.setenv("TONGBAN_TLS__PROXY_OUT", "http://127.0.0.1:8420/")
        home = load(folder)
    return addresses_of(home, Roll(MemberList(members=(member,))), "440100")


def test_over_mutual_tls_only_https_is_called(folder: Path) -> None:
    assert called(folder, "mutual", PLAIN, TLS, HERE) == [TLS]
    assert called(folder, "mutual", TLS, SECURE_HERE) == [TLS, SECURE_HERE]


def test_plain_http_does_not_leave_this_machine(folder: Path) -> None:
    assert called(folder, "plain", PLAIN, HERE, TLS) == [HERE]


@pytest.mark.parametrize(
    ("mode", "address"),
    [("mutual", PLAIN), ("mutual", HERE), ("plain", PLAIN), ("plain", TLS), ("plain", SECURE_HERE)],
)
def test_an_address_that_does_not_fit_is_told_and_not_called(
    folder: Path, mode: str, address: str
) -> None:
    with pytest.raises(PartnerUnreachable) as caught:
        called(folder, mode, address)
    assert caught.value.code == "link.transport"
    assert address in caught.value.detail


def test_behind_a_proxy_it_is_the_proxy_that_is_called(folder: Path) -> None:
    assert called(folder, "proxy", TLS, PLAIN) == ["http://127.0.0.1:8420/440100"]


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("127.0.0.1.example", False),
        ("localhost.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_told_by_the_number_alone(host: str, is_one: bool) -> None:
    assert is_loopback(host) is is_one


@pytest.mark.parametrize("url", ["http://127.0.0.1@evil.example/", "http://evil.example/127.0.0.1"])
def test_an_address_that_only_looks_like_loopback_is_none(url: str) -> None:
    assert not leads_to_loopback(url)
