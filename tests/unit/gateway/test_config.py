"""The configuration: all mistakes at once, and the environment has the last word."""

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.errors import SettingsInvalid
from gateway.config import FILE_NAME, load, strange_owner

GOOD = """
[member]
code = "410100"

[keys]
passphrase_file = "keys/passphrase"
signing = "file:410100-sign-1.pem"
opening = ["file:410100-open-1.pem"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "passphrase").write_text("secret")
    (tmp_path / "keys" / "410100-sign-1.pem").touch()
    (tmp_path / "keys" / "410100-open-1.pem").touch()
    (tmp_path / "members.json").write_text("{}")
    (tmp_path / FILE_NAME).write_text(GOOD)
    return tmp_path


def mistakes(folder: Path, text: str) -> list[str]:
    (folder / FILE_NAME).write_text(text)
    with pytest.raises(SettingsInvalid) as caught:
        load(folder)
    return caught.value.mistakes


def test_the_smallest_file_gives_settings_that_make_sense(folder: Path) -> None:
    settings = load(folder).settings
    assert (settings.gateway.host, settings.gateway.port) == ("127.0.0.1", 8410)
    assert settings.exchange.life == timedelta(hours=72)
    assert settings.exchange.pace.backoff_ceiling <= 300, "minutes, not hours"
    assert settings.city.connector == "none"


def test_paths_start_at_the_folder_of_the_file(folder: Path) -> None:
    home = load(folder)
    assert home.path(home.settings.store.path) == folder / "store.sqlite"
    assert home.path(Path("/elsewhere/x")) == Path("/elsewhere/x")


def test_all_mistakes_of_the_file_are_told_at_once_each_with_its_place(folder: Path) -> None:
    text = """
surprise = 1
[member]
code = "Zhengzhou"
[gateway]
listen = "nowhere"
drain_seconds = -1
port = 8410
[keys]
opening = "all"
[city]
connector = "fax"
[exchange]
in_flight = 0
life_hours = 10000
"""
    places = {mistake.partition(":")[0] for mistake in mistakes(folder, text)}
    assert places == {
        "surprise",
        "member.code",
        "gateway.listen",
        "gateway.drain_seconds",
        "gateway.port",
        "keys.opening",
        "city.connector",
        "exchange.in_flight",
        "exchange.life_hours",
    }


def test_everything_that_is_missing_around_the_file_is_told_at_once(folder: Path) -> None:
    text = """
[member]
code = "410100"
[gateway]
listen = "127.0.0.1:70000"
[store]
path = "nowhere/store.sqlite"
[keys]
folder = "no-keys"
passphrase_env = "NO_SUCH_VARIABLE"
signing = "x"
opening = ["y"]
[trust]
members = "no-members.json"
[city]
connector = "folder"
"""
    found = mistakes(folder, text)
    for start in (
        "keys.folder: ", "trust.members: ", "store.path: ", "keys.passphrase_env: ",
        "city.profile: ", "gateway.listen: ",
    ):  # fmt: skip
        assert [each for each in found if each.startswith(start)], start


def test_a_database_on_a_server_needs_its_address_and_no_file(folder: Path) -> None:
    (told,) = mistakes(folder, GOOD + '[store]\nengine = "postgres"\npath = "no/such/folder"')
    assert told.startswith("store.url: ")
    (folder / FILE_NAME).write_text(
        GOOD + '[store]\nengine = "postgres"\nurl = "postgresql://tongban@db/tongban"'
    )
    assert load(folder).settings.store.url == "postgresql://tongban@db/tongban"


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:secret-7@db/tongban", "postgresql://me@db/tongban?password=secret-7"],
)
def test_a_password_in_an_address_is_a_mistake_that_is_told_without_it(
    folder: Path, url: str
) -> None:
    (told,) = mistakes(folder, GOOD + f'[store]\nengine = "postgres"\nurl = "{url}"')
    assert told.startswith("store.url: ")
    assert "secret-7" not in told


@pytest.mark.parametrize("url", ["mysql://db/tongban", "secret-7"])
def test_another_kind_of_address_is_a_mistake_that_is_told_without_it(
    folder: Path, url: str
) -> None:
    (told,) = mistakes(folder, GOOD + f'[store]\nengine = "postgres"\nurl = "{url}"')
    assert told.startswith("store.url: ")
    assert url not in told


def test_the_variable_of_a_password_must_be_set(folder: Path) -> None:
    table = 'engine = "postgres"\nurl = "postgresql://db/d"\npassword_env = "NO_SUCH_VARIABLE"'
    (told,) = mistakes(folder, GOOD + f"[store]\n{table}")
    assert told.startswith("store.password_env: ")


def test_a_passphrase_must_come_from_somewhere(folder: Path) -> None:
    (told,) = mistakes(folder, GOOD.replace('passphrase_file = "keys/passphrase"\n', ""))
    assert told.startswith("keys: ")


BROKER = GOOD + '[queue]\nengine = "rabbitmq"\n'


def test_a_broker_needs_an_address_and_a_password(folder: Path) -> None:
    places = [mistake.partition(": ")[0] for mistake in mistakes(folder, BROKER)]
    assert places == ["queue.url", "queue"]
    told = mistakes(folder, BROKER + 'url = "amqp://me@mq/v"\npassword_env = "NO_SUCH_VARIABLE"')
    assert told == ["queue.password_env: NO_SUCH_VARIABLE is not set"]
    (folder / FILE_NAME).write_text(BROKER + 'url = "amqp://me@mq/v"\npassword_file = "p"')
    assert load(folder).settings.queue.url == "amqp://me@mq/v"


@pytest.mark.parametrize(
    "url",
    ["amqp://me:secret-7@mq/v", "http://secret-7@mq", "secret-7", "amqp://me@secret-7:x/", ""],
)
def test_an_address_of_a_broker_that_cannot_be_used_is_told_without_it(
    folder: Path, url: str
) -> None:
    (told,) = mistakes(folder, BROKER + f'url = "{url}"\npassword_file = "p"')
    assert told.startswith("queue.url: ")
    assert "secret-7" not in told


def test_the_environment_overrides_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_GATEWAY__LISTEN", "[::1]:9000")
    monkeypatch.setenv("TONGBAN_EXCHANGE__BATCH_COUNT", "7")
    monkeypatch.setenv("TONGBAN_MEMBER__CODE", "440100")
    monkeypatch.setenv("TONGBAN_LANG", "en")  # no table of the file, and no mistake
    settings = load(folder).settings
    assert (settings.gateway.host, settings.gateway.port) == ("::1", 9000)
    assert settings.exchange.pace.batch_count == 7
    assert settings.member.code == "440100"
    assert settings.keys.signing == "file:410100-sign-1.pem", "the rest is the file's"


def test_a_mistake_of_the_environment_is_a_mistake(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGBAN_EXCHANGE__IN_FLIGHT", "many")
    with pytest.raises(SettingsInvalid) as caught:
        load(folder)
    assert caught.value.mistakes[0].startswith("exchange.in_flight: ")


@pytest.mark.parametrize("text", ["[member", "a = 1\na = 2", '[member]\ncode = "\ud800"'])
def test_what_is_no_toml_is_said_to_be_none(folder: Path, text: str) -> None:
    (folder / FILE_NAME).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SettingsInvalid) as caught:
        load(folder)
    assert caught.value.where == {"source": str(folder / FILE_NAME)}


def test_without_a_file_the_way_to_make_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(tmp_path)
    assert "tongban init" in caught.value.mistakes[0]


@pytest.mark.parametrize("text", ["member = 3", "[[keys]]", 'keys = "file"'])
def test_a_table_that_is_none_is_a_mistake_and_no_crash(folder: Path, text: str) -> None:
    assert mistakes(folder, text)


def test_mistakes_of_every_sort_are_told_in_one_look(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the file, in the environment, and in what the settings name."""
    (folder / "members.json").unlink()
    monkeypatch.setenv("TONGBAN_GATWEY__LISTEN", "0.0.0.0:8443")
    text = (
        GOOD.replace("sign-1", "sign-2")
        + """
[exchange]
life_hours = 10000
[city]
profile = "777777"
"""
    )
    places = sorted(mistake.partition(":")[0] for mistake in mistakes(folder, text))
    assert places == [
        "TONGBAN_GATWEY__LISTEN", "city.profile", "exchange.life_hours", "keys.signing",
        "trust.members",
    ]  # fmt: skip


def test_what_holds_for_one_partner_may_differ_and_the_rest_holds_for_all(folder: Path) -> None:
    (folder / FILE_NAME).write_text(
        GOOD
        + "[limits]\nmessages_per_s = 200\nwaiting = 0\n"
        + "[limits.partner.440100]\nmessages_per_s = 0\nwaiting = 7\n"
    )
    limits = load(folder).settings.limits
    assert (limits.allowed().messages_per_s, limits.allowed().waiting) == (200.0, None)
    own = limits.allowed("440100")
    assert (own.messages_per_s, own.waiting, own.burst_s) == (None, 7, limits.burst_s)
    assert own.bytes_per_s == limits.bytes_per_s
    assert limits.allowed("430100") == limits.allowed()


def test_limits_that_make_no_sense_are_told_by_partner_and_name(folder: Path) -> None:
    text = GOOD + "[limits.partner.440100]\nburst_s = 0\nmessages = 1\n[limits.partner.x]\n"
    places = {mistake.partition(":")[0] for mistake in mistakes(folder, text)}
    assert "limits.partner.440100.burst_s" in places
    assert "limits.partner.440100.messages" in places
    assert any(place.startswith("limits.partner.x") for place in places)


def test_a_command_line_wins_over_file_and_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / FILE_NAME).write_text(GOOD + '[gateway]\nroles = ["api"]\n')
    monkeypatch.setenv("TONGBAN_GATEWAY__LISTEN", "0.0.0.0:1")
    assert load(folder).settings.gateway.roles == ["api"]
    chosen = load(folder, roles=["courier"], listen="127.0.0.1:2").settings.gateway
    assert (chosen.roles, chosen.port, chosen.drain_seconds) == (["courier"], 2, 20.0)
    with pytest.raises(SettingsInvalid) as caught:
        load(folder, roles=["porter"], listen="nowhere")
    assert len(caught.value.mistakes) == 2


# --- how partners are reached -------------------------------------------------------------------


def test_without_a_word_it_is_mutual_tls(folder: Path) -> None:
    assert load(folder).settings.tls.mode == "mutual"


@pytest.mark.parametrize("listen", ["0.0.0.0:8410", "[::]:8410", "10.1.2.3:8410", "city.example:1"])
@pytest.mark.parametrize("mode", ["plain", "proxy"])
def test_without_tls_of_its_own_it_listens_on_loopback_alone(
    folder: Path, listen: str, mode: str
) -> None:
    out = 'proxy_out = "http://127.0.0.1:8420"\n'
    text = f'{GOOD}[gateway]\nlisten = "{listen}"\n[tls]\nmode = "{mode}"\n{out}'
    (told,) = mistakes(folder, text)
    assert told.startswith("gateway.listen: ")
    assert "can be reached from outside" in told


@pytest.mark.parametrize("listen", ["127.0.0.1:8410", "[::1]:8410", "localhost:8410"])
def test_on_loopback_plain_http_may_be_chosen(folder: Path, listen: str) -> None:
    (folder / FILE_NAME).write_text(
        f'{GOOD}[gateway]\nlisten = "{listen}"\n[tls]\nmode = "plain"\n'
    )
    assert load(folder).settings.tls.mode == "plain"


@pytest.mark.parametrize("out", ["", 'proxy_out = "http://10.1.2.3:8420"'])
def test_a_proxy_must_be_named_for_what_goes_out_and_be_on_this_machine(
    folder: Path, out: str
) -> None:
    (told,) = mistakes(folder, f'{GOOD}[tls]\nmode = "proxy"\n{out}')
    assert told.startswith("tls.proxy_out: ")


def test_a_proxy_comes_from_an_address(folder: Path) -> None:
    (told,) = mistakes(folder, f'{GOOD}[tls]\nproxy_from = ["proxy.example"]')
    assert told.startswith("tls.proxy_from.0: ")


def test_operators_ask_at_a_port_of_their_own(folder: Path) -> None:
    assert load(folder).settings.gateway.operations == ("127.0.0.1", 9410)
    high = load(folder, listen="10.1.2.3:65000").settings.gateway
    assert high.operations == ("127.0.0.1", 64000)
    given = load(folder, operations_listen="[::1]:9").settings.gateway
    assert given.operations == ("::1", 9)


@pytest.mark.parametrize(
    ("owner", "mode", "us", "taken"),
    [
        (1000, 0o644, 1000, True),
        (0, 0o644, 1000, True),
        (1000, 0o664, 1000, True),
        (1000, 0o644, 0, True),  # root looks at the folder of a service
        (1001, 0o644, 1000, False),
        (1000, 0o646, 1000, False),
        (1000, 0o666, 0, False),
    ],
)
def test_settings_of_somebody_else_are_not_taken(
    owner: int, mode: int, us: int, taken: bool
) -> None:
    assert (strange_owner(owner, mode, us) is None) is taken


def test_settings_that_anybody_may_write_are_named(folder: Path) -> None:
    (folder / FILE_NAME).chmod(0o666)
    with pytest.raises(SettingsInvalid) as caught:
        load(folder)
    assert "chmod o-w" in str(caught.value)
