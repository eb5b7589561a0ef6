"""The configuration: one TOML file, environment overrides, all mistakes at once.

Every setting may be overridden by an environment variable: ``TONGBAN_<TABLE>__<SETTING>``,
as in ``TONGBAN_GATEWAY__LISTEN=0.0.0.0:8443``. Relative paths start at the folder of the file.
"""

import contextlib
import os
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError
from yarl import URL

from adapters.profiles.load import builtin_profiles
from contracts.errors import SettingsInvalid
from gateway.calendars import load_calendar
from gateway.key_settings import missing_of_keys
from gateway.loopback import is_loopback, leads_to_loopback
from gateway.officer_settings import missing_of_local, missing_of_officers, missing_of_oidc
from gateway.settings import GatewayTable, QueueTable, Settings, StoreTable

FILE_NAME = "tongban.toml"
_ROOT = 0


class Home(BaseModel):
    """A member's folder: its settings, with every path made absolute."""

    model_config = ConfigDict(frozen=True)

    folder: Path
    settings: Settings

    def path(self, relative: Path) -> Path:
        return self.folder / relative

    def with_store(self, store: StoreTable) -> "Home":
        """The same member with its store elsewhere. Raises SettingsInvalid."""
        settings = self.settings.model_copy(update={"store": store})
        moved = self.model_copy(update={"settings": settings})
        if mistakes := missing_of_store(moved):
            raise SettingsInvalid(mistakes, source=FILE_NAME)
        return moved


def load(folder: Path, **gateway: object) -> Home:
    """Read ``tongban.toml`` of `folder` and check what it names. `gateway`: settings of that
    table, which win over file and environment.

    Raises SettingsInvalid with every mistake that was found.
    """
    file = folder / FILE_NAME
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsInvalid(
            [f"there is no {file}: make one with tongban init"], source=str(file)
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid([str(error)], source=str(file)) from error
    mistakes = [*_strange_variables(), *_strange_owner(file)]
    settings = _settings(table, mistakes)
    if settings is not None and gateway:
        settings = _chosen(settings, gateway, mistakes)
    if settings is not None:
        home = Home(folder=folder.absolute(), settings=settings)
        told = {mistake.partition(":")[0] for mistake in mistakes}
        mistakes += [each for each in _missing(home) if each.partition(":")[0] not in told]
    if mistakes or settings is None:
        raise SettingsInvalid(mistakes, source=str(file))
    return home


def _settings(table: dict[str, Any], mistakes: list[str]) -> Settings | None:
    """The settings, as far as they are sound: what is wrong is noted and taken as not given,
    so that what else is wrong is found in the same look. None: too little is left."""
    try:
        return Settings(**table)
    except ValidationError as error:
        found = error.errors(include_input=False)
    mistakes += [_sentence(mistake) for mistake in found]
    wrong = {tuple(mistake["loc"][:2]) for mistake in found}
    sound: dict[str, Any] = {
        name: {key: value for key, value in given.items() if (name, key) not in wrong}
        for name, given in table.items()
        if isinstance(given, dict) and (name,) not in wrong
    }
    with contextlib.suppress(ValidationError):
        return Settings(**sound)
    return None


def _chosen(settings: Settings, gateway: dict[str, object], mistakes: list[str]) -> Settings:
    """The settings with what a command line chose; what is wrong with that is noted."""
    given = {**settings.gateway.model_dump(), **gateway}
    try:
        chosen = GatewayTable.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_input=False)
        mistakes += [f"gateway.{_sentence(mistake)}" for mistake in found]
        return settings
    return settings.model_copy(update={"gateway": chosen})


def _strange_owner(file: Path) -> list[str]:
    """Whoever writes the settings chooses keys, store and who signs in: a folder that somebody
    else made would lead a command of ours past its officers."""
    status = file.stat()
    found = strange_owner(status.st_uid, status.st_mode, os.geteuid())
    return [f"{file}: {found}"] if found else []


def strange_owner(owner: int, mode: int, us: int) -> str | None:
    """Why settings of that owner and mode are not taken by a process of the user `us`."""
    if us not in (owner, _ROOT) and owner != _ROOT:
        return "it belongs to another user, who could choose other keys and another store"
    if mode & 0o002:
        return "anybody may write it; run chmod o-w"
    return None


def _strange_variables() -> list[str]:
    """A misspelt table in the environment would override nothing, and nobody would notice."""
    known = {f"TONGBAN_{name.upper()}" for name in Settings.model_fields}
    return [
        f"{name}: no setting; TONGBAN_<TABLE>__<SETTING> overrides one"
        for name in sorted(os.environ)
        if "__" in name and name.startswith("TONGBAN_") and name.partition("__")[0] not in known
    ]


def _sentence(mistake: Any) -> str:
    place = ".".join(str(step) for step in mistake["loc"])
    return f"{place}: {mistake['msg']}"


def _missing(home: Home) -> list[str]:
    """Files and combinations that a running gateway needs."""
    settings, found = home.settings, []
    root = settings.trust.root
    for name, path in (
        ("keys.folder", settings.keys.folder),
        ("trust.root", root) if root else ("trust.members", settings.trust.members),
    ):
        if not home.path(path).exists():
            found.append(f"{name}: {home.path(path)} does not exist")
    found += missing_of_keys(settings, home.folder)
    found += missing_of_store(home)
    found += _missing_of_queue(settings.queue)
    if settings.city.connector != "none" and settings.city.profile is None:
        found.append("city.profile: a connector needs a profile")
    found += _missing_profile(home)
    if not 0 < settings.gateway.port < 65536:
        found.append(f"gateway.listen: {settings.gateway.port} is no port")
    found += missing_of_officers(settings.officers, home.path)
    found += missing_of_local(settings.local)
    found += missing_of_oidc(settings.oidc, home.path)
    if not 0 < settings.gateway.operations[1] < 65536:
        found.append(f"gateway.operations_listen: {settings.gateway.operations[1]} is no port")
    try:
        load_calendar(home.path(settings.time.calendars))
    except SettingsInvalid as error:
        found += [f"time.calendars: {mistake}" for mistake in error.mistakes]
    return found + _missing_of_tls(home)


def _missing_of_tls(home: Home) -> list[str]:
    """What keeps partners from being reached as `tls.mode` says."""
    tls, gateway = home.settings.tls, home.settings.gateway
    if tls.mode == "mutual":
        return []  # whether there is a certificate is told at the start: commands can make one
    found = []
    if not is_loopback(gateway.host):
        found.append(
            f"gateway.listen: {gateway.host} can be reached from outside, and "
            f'tls.mode = "{tls.mode}" listens without TLS; use 127.0.0.1 or [::1]'
        )
    if tls.mode == "proxy" and (tls.proxy_out is None or not leads_to_loopback(tls.proxy_out)):
        found.append(
            "tls.proxy_out: the address of the proxy on this machine, as http://127.0.0.1:8420"
        )
    return found


def _missing_profile(home: Home) -> list[str]:
    profile = home.settings.city.profile
    if profile is None or profile in builtin_profiles() or home.path(Path(profile)).is_dir():
        return []
    known = ", ".join(builtin_profiles())
    return [f"city.profile: {profile} is no folder, and none that comes with tongban: {known}"]


def missing_of_store(home: Home) -> list[str]:
    """What the store that the settings choose lacks, or has too much of."""
    store = home.settings.store
    if store.engine == "sqlite":
        folder = home.path(store.path).parent
        return [] if folder.is_dir() else [f"store.path: {folder} is no folder"]
    found = []
    if store.url is None:
        found.append('store.url: engine "postgres" needs the address of a database')
    elif _holds_password(store.url):
        found.append("store.url: no password here; password_file or password_env says where it is")
    if store.password_env and store.password_env not in os.environ:
        found.append(f"store.password_env: {store.password_env} is not set")
    return found


def _holds_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False  # no address at all; whoever opens it says so
    return parts.password is not None or "password" in parse_qs(parts.query)


def _missing_of_queue(queue: QueueTable) -> list[str]:
    """What is wrong with the way to the broker. Never shows the address: see below."""
    if queue.engine == "embedded":
        return []
    found = []
    try:
        address = URL(queue.url or "")
        if address.scheme not in {"amqp", "amqps"} or not address.host or not address.user:
            found.append("queue.url: write amqp://USER@HOST:PORT/VHOST, or amqps://…")
        if address.password is not None:
            found.append("queue.url: the password belongs into password_file or password_env")
    except ValueError:
        found.append("queue.url: is no address")
    if queue.password_file is None and queue.password_env is None:
        found.append("queue: password_file or password_env must say where the password is")
    if queue.password_env and queue.password_env not in os.environ:
        found.append(f"queue.password_env: {queue.password_env} is not set")
    return found
