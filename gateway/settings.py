"""What may be set: the tables of ``tongban.toml``, each with its settings, bounds and defaults."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from contracts import limits
from gateway.exchange.allowance import Allowed
from gateway.exchange.pace import Pace
from gateway.officers.sign_in import Pace as SignInPace


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MemberTable(_Table):
    """Which city this gateway speaks for."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


Role = Literal["api", "courier", "adapter"]
ROLES: tuple[Role, ...] = get_args(Role)


_OPERATIONS_ABOVE = 1000
_Place = Annotated[str, StringConstraints(pattern=r"^.+:[0-9]{1,5}$")]


def host_and_port(place: str) -> tuple[str, int]:
    """Of `127.0.0.1:8410` or `[::1]:8410`."""
    host, _, port = place.rpartition(":")
    return host.strip("[]"), int(port)


class GatewayTable(_Table):
    """Where partners reach it. `drain_seconds`: how long a graceful stop may take; `roles`:
    what this process does, of all that a gateway does; `share_port`: several processes of
    this machine listen at the same address, and the system spreads connections over them;
    `operations_listen`: where supervisors and scrapers ask, over plain HTTP."""

    listen: _Place = "127.0.0.1:8410"
    operations_listen: _Place | None = None
    share_port: bool = False
    drain_seconds: Annotated[float, Field(ge=0, le=600)] = 20.0
    roles: Annotated[list[Role], Field(min_length=1)] = list(ROLES)

    @property
    def host(self) -> str:
        return host_and_port(self.listen)[0]

    @property
    def port(self) -> int:
        return host_and_port(self.listen)[1]

    @property
    def operations(self) -> tuple[str, int]:
        """Host and port for operations; where none is given, on loopback, 1000 above (below,
        when there is no above) the port that partners use, so that processes do not collide."""
        if self.operations_listen is not None:
            return host_and_port(self.operations_listen)
        up = self.port + _OPERATIONS_ABOVE
        return "127.0.0.1", up if up < 65536 else self.port - _OPERATIONS_ABOVE


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
    """A key is named by a URI: ``file:410100-sign-1.pem`` is a file in `folder`,
    ``pkcs11:token=tongban;object=410100-sign-1`` a key of the token. Where the passphrase of
    the files is: the first that is given of file, variable and credential of systemd.

    Which keys are used, the list of members says; `signing` and `opening` need only name what
    the key store does not list by itself.
    """

    folder: Path = Path("keys")
    passphrase_file: Path | None = None
    passphrase_env: str | None = None
    passphrase_credential: str | None = None
    signing: str | None = None
    opening: list[str] = []

    @property
    def named(self) -> list[str]:
        """The URIs of both."""
        return [*([self.signing] if self.signing else []), *self.opening]


class TokenTable(_Table):
    """A PKCS #11 token, where `module` is given: new keys are made in it from then on.
    `opening`: also those that open, of which there is then no copy anywhere."""

    module: Path | None = None
    label: str = "tongban"
    pin_file: Path | None = None
    pin_env: str | None = None
    pin_credential: str | None = None
    opening: bool = False


def _network(text: str) -> str:
    ip_network(text)  # raises ValueError
    return text


_PlainAddress = Annotated[str, StringConstraints(pattern=r"^http://[^\s/]+(/[^\s?#]*)?$")]


class TlsTable(_Table):
    """How gateways reach each other. `folder`: our certificates, ``NAME.crt`` and ``NAME.key``.

    In mode ``proxy`` a reverse proxy ends TLS, or TLCP, and hands in who called: requests are
    taken from `proxy_from` alone, `proxy_header` carries the certificate of the client, and
    partners are called through `proxy_out`, under their codes.
    """

    mode: Literal["mutual", "plain", "proxy"] = "mutual"
    folder: Path = Path("keys/tls")
    proxy_from: Annotated[list[Annotated[str, AfterValidator(_network)]], Field(min_length=1)] = [
        "127.0.0.1",
        "::1",
    ]
    proxy_header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")] = (
        "Tongban-Client-Certificate"
    )
    proxy_out: _PlainAddress | None = None

    @property
    def proxies(self) -> list[IPv4Network | IPv6Network]:
        """Where requests are taken from."""
        return [ip_network(text) for text in self.proxy_from]


class TrustTable(_Table):
    """A list that we keep ourselves, or, where `root` is given, a federation."""

    members: Path = Path("members.json")
    root: Path | None = None
    mirrors: list[str] = []
    folder: Path = Path("trust")
    refresh_s: Annotated[float, Field(ge=1, le=86_400)] = 60.0


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


class LocalTable(_Table):
    """Where the city's own systems reach the local API; nowhere by default. Without TLS, so
    only this machine may: what comes from others ends its TLS in front."""

    listen: Annotated[str, StringConstraints(pattern=r"^.+:[0-9]{1,5}$")] | None = None

    @property
    def host(self) -> str:
        return (self.listen or "").rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int((self.listen or ":0").rpartition(":")[2])


class OfficersTable(_Table):
    """How long an officer who signed in may go on: without a command, and at most.
    `passphrase_file`: what secrets of codes are encrypted under, instead of the key store's."""

    passphrase_file: Path | None = None
    idle_minutes: Annotated[float, Field(ge=1, le=60)] = 15.0
    session_hours: Annotated[float, Field(ge=0.25, le=24)] = 8.0

    @property
    def pace(self) -> SignInPace:
        return SignInPace(int(self.idle_minutes * 60_000), int(self.session_hours * 3_600_000))


class OidcTable(_Table):
    """The city's provider of identities, for officers who sign in there. `claim` of the ID token
    holds `system`, `security` or `auditor`; `acr`, `amr`: one of them must have been used."""

    issuer: str | None = None
    client_id: str | None = None
    client_secret_file: Path | None = None
    ca_file: Path | None = None
    scopes: list[str] = ["openid", "profile"]
    claim: str = "groups"
    system: str | None = None
    security: str | None = None
    auditor: str | None = None
    acr: list[str] = []
    amr: list[str] = []
    redirect_port: Annotated[int, Field(ge=0, le=65_535)] = 0


class TimeTable(_Table):
    """How time limits are counted. `calendars`: a folder of files, each with the holidays of a
    year; `yellow`: the share of a limit from which a case is nearly late."""

    calendars: Path = Path("calendars")
    yellow: Annotated[float, Field(gt=0, le=1)] = 0.8


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
    keys: KeysTable = KeysTable()
    token: TokenTable = TokenTable()
    tls: TlsTable = TlsTable()
    trust: TrustTable = TrustTable()
    city: CityTable = CityTable()
    exchange: ExchangeTable = ExchangeTable()
    limits: LimitsTable = LimitsTable()
    local: LocalTable = LocalTable()
    officers: OfficersTable = OfficersTable()
    oidc: OidcTable = OidcTable()
    time: TimeTable = TimeTable()
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
