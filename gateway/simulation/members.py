"""Cities with fresh keys, and the list of members that names them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.exchange.home import Home
from gateway.metrics import Metrics
from gateway.ports import Clock, Meter
from gateway.signer import KeySigner
from keys.suites import SUITES
from keys.suites.suite import OpeningKey, SigningKey
from keys.trust.member import Member, MemberKey, MemberList
from keys.trust.roll import Roll

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Keyring:
    """One member's private keys."""

    code: str
    suite: str
    signing: SigningKey
    opening: OpeningKey

    def entry(self) -> Member:
        """What it publishes of itself."""
        return Member(
            code=self.code,
            name=self.code,
            suite="sm" if self.suite == "sm" else "intl",
            address=f"http://{self.code}.invalid",
            signing_keys=(_published(self.signing.kid, self.signing.public().jwk()),),
            sealing_keys=(_published(self.opening.kid, self.opening.public().jwk()),),
        )

    def home(self, trust: Roll, clock: Clock, meter: Meter | None = None) -> Home:
        """This member as the use cases know it: made anew for every process."""
        return Home(
            code=self.code,
            suite=SUITES[self.suite],
            trust=trust,
            signer=KeySigner(self.signing),
            clock=clock,
            meter=meter or Metrics(),
            opening_key={self.opening.kid: self.opening}.__getitem__,
            own_key=self.opening.public,
        )


def new_keyring(code: str, suite: str = "intl") -> Keyring:
    """Fresh keys. `intl` by default: its signatures are ten times quicker."""
    chosen = SUITES[suite]
    return Keyring(
        code,
        suite,
        chosen.new_signing_key(f"{code}-sign"),
        chosen.new_opening_key(f"{code}-open"),
    )


def roll_of(keyrings: Sequence[Keyring]) -> Roll:
    """The trust list that names all of them."""
    return Roll(MemberList(members=tuple(keyring.entry() for keyring in keyrings)))


def _published(kid: str, jwk: dict[str, str]) -> MemberKey:
    return MemberKey(kid=kid, jwk=jwk, valid_from=LONG_AGO)
