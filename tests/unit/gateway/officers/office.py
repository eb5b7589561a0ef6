"""Officers of a test: a store in memory, and a clock that the test turns."""

from dataclasses import dataclass, field

from gateway.officers import one_time_code
from gateway.officers.accounts import Accounts, Enrolment, Founded
from gateway.officers.duties import OFFICERS, Duty
from gateway.officers.guard import Guard
from gateway.officers.safe import Safe
from gateway.officers.sign_in import Pace, SignedIn, SignIn
from gateway.simulation.officers import MemoryOfficers

NAMES = {Duty.SYSTEM: "sys", Duty.SECURITY: "sec", Duty.AUDITOR: "aud"}
START = 1_790_000_000_000
PHRASES = {
    Duty.SYSTEM: "heron lantern uphill 7 copper",
    Duty.SECURITY: "quartz violin meadow 3 tunnel",
    Duty.AUDITOR: "saddle thimble orbit 9 walnut",
}


@dataclass
class Town:
    """One member's officers."""

    now: int = START
    secrets: dict[str, bytes] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = MemoryOfficers(lambda: self.now)
        safe = Safe(b"passphrase of the key store")
        self.pace = Pace()
        self.sign_in = SignIn(self.store, safe, self.pace, lambda: self.now)
        self.accounts = Accounts(self.store, safe, lambda: self.now)
        self.guard = Guard(self.store, self.pace, lambda: self.now)

    async def found(self) -> Founded:
        """The three, each with the first password."""
        founded = await self.accounts.found(NAMES)
        for enrolment in founded.officers:
            self.keep(enrolment)
        return founded

    async def settle(self, *duties: Duty) -> None:
        """Found, and let those of `duties` (all of them) choose passwords."""
        await self.found()
        for duty in duties or OFFICERS:
            await self.choose(NAMES[duty], PHRASES[duty])

    async def choose(self, name: str, new: str) -> None:
        old = self.passwords[name]
        made = await self.accounts.choose_password(
            self.sign_in, name, old, self.code(name), new, ()
        )
        self.passwords[name] = new
        if made is not None:
            self.secrets[name] = made.code_secret
        self.later(30)

    def keep(self, enrolment: Enrolment) -> None:
        self.secrets[enrolment.name] = enrolment.code_secret
        self.passwords[enrolment.name] = enrolment.password

    def code(self, name: str) -> str:
        return one_time_code.code(self.secrets[name], one_time_code.step_of(self.now))

    async def enter(self, name: str) -> SignedIn:
        """Sign in with a code that was not used before."""
        self.later(30)
        return await self.sign_in(name, self.passwords[name], self.code(name))

    def later(self, seconds: float) -> None:
        self.now += int(seconds * 1000)

    async def log(self) -> list[tuple[str, str, str, str]]:
        uses = await self.store.uses(0, 1000)
        return [(use.by, use.act, use.about, use.outcome) for use in uses]
