"""The configuration: one TOML file, environment overrides, all mistakes at once.

Every setting may be overridden by an environment variable: ``TONGBAN_<TABLE>__<SETTING>``,
as in ``TONGBAN_GATEWAY__LISTEN=0.0.0.0:8443``. Relative paths start at the folder of the file.
"""

import contextlib
import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from yarl import URL

from adapters.profiles.load import builtin_profiles
from contracts import limits
from contracts.errors import SettingsInvalid
from gateway.exchange.allowance import Allowed
from gateway.exchange.pace import Pace

FILE_NAME = "tongban.toml"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MemberTable(_Table):
    """Which city this gateway speaks for."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


Role = Literal["api", "courier", "adapter"]
ROLES: tuple[Role, ...] = get_args(Role)


class GatewayTable(_Table):
    """Where partners reach it. `drain_seconds`: how long a graceful stop may take; `roles`:
    what this process does, of all that a gateway does; `share_port`: several processes of
    this machine listen at the same address, and the system spreads connections over them."""

    listen: Annotated[str, StringConstraints(pattern=r"^.+:[0-9]{1,5}$")] = "127.0.0.1:8410"
    share_port: bool = False
    drain_seconds: Annotated[float, Field(ge=0, le=600)] = 20.0
    roles: Annotated[list[Role], Field(min_length=1)] = list(ROLES)

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])


class StoreTable(_Table):
    """SQLite in a file at `path`, or PostgreSQL at `url`, its password kept apart."""

    engine: Literal["sqlite", "postgres"] = "sqlite"
    path: Path = Path("store.sqlite")
    url: Annotated[str, StringConstraints(pattern=r"^postgres(ql)?://")] | None = None
    password_file: Path | None = None
    password_env: str | None = None


class QueueTable(_Table):
    """How processes of this gateway hear of each other's commits. `url` has no password:
    that stands in a file of mode 0600 or in a variable. `lease_s`: seconds after which another
    process takes over the lanes of a dead one."""

    engine: Literal["embedded", "rabbitmq"] = "embedded"
    lease_s: Annotated[float, Field(ge=1, le=60)] = 6.0
    url: str | None = None
    password_file: Path | None = None
    password_env: str | None = None


class KeysTable(_Table):
    """A key is named by a URI: ``file:410100-sign-1.pem`` is a file in `folder`."""

    folder: Path = Path("keys")
    passphrase_file: Path | None = None
    passphrase_env: str | None = None
    signing: str
    opening: Annotated[list[str], Field(min_length=1)]


class TrustTable(_Table):
    """A list that we keep ourselves, or, where `root` is given, a federation."""

    members: Path = Path("members.json")
    root: Path | None = None
    mirrors: list[str] = []
    folder: Path = Path("trust")
    refresh_s: Annotated[float, Field(ge=1, le=86_400)] = 600.0


class CityTable(_Table):
    """The city's own system. `profile`: a built-in one by its code, or a folder."""

    connector: Literal["folder", "none"] = "none"
    folder: Path = Path("city")
    profile: str | None = None


_PACE = Pace()


class ExchangeTable(_Table):
    """The pace of the couriers, and how long a message may wait for its receipt."""

    in_flight: Annotated[int, Field(ge=1, le=64)] = _PACE.in_flight
    batch_count: Annotated[int, Field(ge=1, le=limits.BATCH_MESSAGES)] = _PACE.batch_count
    batch_bytes: Annotated[int, Field(ge=1024, le=limits.BATCH_BYTES // 2)] = _PACE.batch_bytes
    batch_age_ms: Annotated[float, Field(ge=0, le=10_000)] = _PACE.batch_age * 1000
    backoff_base_s: Annotated[float, Field(gt=0, le=60)] = _PACE.backoff_base
    backoff_ceiling_s: Annotated[float, Field(gt=0, le=900)] = _PACE.backoff_ceiling
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    life_hours: Annotated[float, Field(gt=0, le=limits.MESSAGE_DAYS * 24)] = 72.0
    expire_every_s: Annotated[float, Field(gt=0, le=600)] = 5.0

    @property
    def pace(self) -> Pace:
        return Pace(
            in_flight=self.in_flight,
            batch_count=self.batch_count,
            batch_bytes=self.batch_bytes,
            batch_age=self.batch_age_ms / 1000,
            backoff_base=self.backoff_base_s,
            backoff_ceiling=self.backoff_ceiling_s,
        )

    @property
    def life(self) -> timedelta:
        return timedelta(hours=self.life_hours)


_ALLOWED = Allowed(messages_per_s=5_000.0, bytes_per_s=float(64 * limits.MIB), waiting=100_000)
_Rate = Annotated[float, Field(ge=0, le=1e12)]
_Burst = Annotated[float, Field(ge=1, le=3600)]
_Count = Annotated[int, Field(ge=0, le=10**9)]


class PartnerLimits(_Table):
    """What holds for one partner instead; what is not given holds as for all."""

    messages_per_s: _Rate | None = None
    bytes_per_s: _Rate | None = None
    burst_s: _Burst | None = None
    waiting: _Count | None = None


class LimitsTable(_Table):
    """How much a partner may send. 0: no limit."""

    messages_per_s: _Rate = _ALLOWED.messages_per_s or 0.0
    bytes_per_s: _Rate = _ALLOWED.bytes_per_s or 0.0
    burst_s: _Burst = _ALLOWED.burst_s
    waiting: _Count = _ALLOWED.waiting or 0
    partner: dict[Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")], PartnerLimits] = {}

    def allowed(self, partner: str | None = None) -> Allowed:
        """What holds for `partner`, or for all whom no table names."""
        own = self.partner.get(partner or "", PartnerLimits())

        def chosen(name: str) -> Any:
            value = getattr(own, name)
            return getattr(self, name) if value is None else value

        return Allowed(
            messages_per_s=chosen("messages_per_s") or None,
            bytes_per_s=chosen("bytes_per_s") or None,
            burst_s=chosen("burst_s"),
            waiting=chosen("waiting") or None,
        )


class LogTable(_Table):
    level: Literal["debug", "info", "warning", "error"] = "info"
    style: Literal["json", "console"] = "json"


class Settings(BaseSettings):
    """All tables of ``tongban.toml``."""

    model_config = SettingsConfigDict(
        env_prefix="TONGBAN_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    member: MemberTable
    gateway: GatewayTable = GatewayTable()
    store: StoreTable = StoreTable()
    queue: QueueTable = QueueTable()
    keys: KeysTable
    trust: TrustTable = TrustTable()
    city: CityTable = CityTable()
    exchange: ExchangeTable = ExchangeTable()
    limits: LimitsTable = LimitsTable()
    log: LogTable = LogTable()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic gives all of them
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which comes as the init values."""
        return env_settings, init_settings


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
    mistakes = _strange_variables()
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
    found += _missing_keys(home)
    found += missing_of_store(home)
    if settings.keys.passphrase_file is None and settings.keys.passphrase_env is None:
        found.append("keys: passphrase_file or passphrase_env must say where the passphrase is")
    if settings.keys.passphrase_env and settings.keys.passphrase_env not in os.environ:
        found.append(f"keys.passphrase_env: {settings.keys.passphrase_env} is not set")
    found += _missing_of_queue(settings.queue)
    if settings.city.connector != "none" and settings.city.profile is None:
        found.append("city.profile: a connector needs a profile")
    found += _missing_profile(home)
    if not 0 < settings.gateway.port < 65536:
        found.append(f"gateway.listen: {settings.gateway.port} is no port")
    return found


def _missing_keys(home: Home) -> list[str]:
    keys = home.settings.keys
    names = [("keys.signing", keys.signing), *(("keys.opening", uri) for uri in keys.opening)]
    return [
        f"{name}: there is no {home.path(keys.folder) / file}"
        for name, (scheme, _, file) in ((name, uri.partition(":")) for name, uri in names)
        if scheme == "file" and not (home.path(keys.folder) / file).is_file()
    ]


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
