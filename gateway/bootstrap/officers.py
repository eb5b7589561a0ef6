"""The officers of a member, opened without its keys, its members or its queue.

`officers.json` in the member's folder notes the first entry of the log: a store that does not
have it is not the one in which the officers were founded. Without that note, whoever may set
``TONGBAN_STORE__PATH`` would have a member without officers.
"""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from contracts.errors import Wrong
from gateway import config
from gateway.bootstrap import engines
from gateway.clock import SystemClock
from gateway.officers.accounts import Accounts
from gateway.officers.chain import Head
from gateway.officers.guard import Guard
from gateway.officers.port import OfficerStore
from gateway.officers.records import Use
from gateway.officers.safe import Safe
from gateway.officers.sign_in import SignIn
from gateway.ports import Clock
from keys.atomic_file import write_atomically
from keys.stores.passphrase import passphrase

NOTE = "officers.json"


@dataclass(frozen=True)
class OfficerDesk:
    """What commands about officers work with."""

    folder: config.Home
    store: OfficerStore
    clock: Clock

    @property
    def guard(self) -> Guard:
        return Guard(self.store, self.folder.settings.officers.pace, self.now_ms)

    @property
    def sign_in(self) -> SignIn:
        pace = self.folder.settings.officers.pace
        return SignIn(self.store, self.safe, pace, self.now_ms)

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.store, self.safe, self.now_ms)

    @cached_property
    def safe(self) -> Safe:
        """Raises KeyUnusable where its secret is not at hand."""
        return Safe(_secret(self.folder))

    def now_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def note(self, first: Use) -> None:
        """Note in the folder that this member has officers, and since which entry."""
        said = {"first": str(Head(first.number, first.digest))}
        write_atomically(_note(self.folder), json.dumps(said).encode() + b"\n", mode=0o644)

    async def note_where_missing(self) -> None:
        """On another machine of the same member: from the first look on, the store is held to
        what it holds now. A folder that cannot be written stays without."""
        if noted_first(self.folder) is None:
            for first in await self.store.uses(0, 1):
                with contextlib.suppress(OSError):
                    self.note(first)

    async def check_note(self) -> None:
        """Raises Wrong (`officer.lost`) where the store is not the one of the note."""
        noted = noted_first(self.folder)
        if noted is None:
            return
        first = await self.store.uses(0, 1)
        if [str(Head(use.number, use.digest)) for use in first] != [noted]:
            raise Wrong("another store, or an emptied one", code="officer.lost")
        if not (await self.store.office()).accounts:
            raise Wrong("its accounts are gone", code="officer.lost")


def noted_first(folder: config.Home) -> str | None:
    """The first entry of the log by the note; None: no officers were founded in this folder.

    Raises Wrong (`officer.lost`) when it cannot be read.
    """
    try:
        said = json.loads(_note(folder).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Wrong(str(error), code="officer.lost", file=_note(folder)) from error
    return str(said.get("first", "")) if isinstance(said, dict) else ""


def may_have_officers(folder: config.Home) -> bool:
    """False: there is no store yet, and none should be made only to look.

    Raises Wrong (`officer.lost`) when there should be one.
    """
    store = folder.settings.store
    if store.engine == "sqlite" and not folder.path(store.path).exists():
        if noted_first(folder) is not None:
            raise Wrong("there is no store", code="officer.lost")
        return False
    return True


@contextlib.asynccontextmanager
async def officer_desk(folder: config.Home) -> AsyncIterator[OfficerDesk]:
    """Open the member's store for what concerns its officers.

    Raises StoreUnavailable, KeyUnusable (the database's password), Wrong (`officer.lost`).
    """
    clock = SystemClock()
    kept = engines.store(folder, clock)
    try:
        desk = OfficerDesk(folder, kept.officers, clock)
        await desk.check_note()
        yield desk
    finally:
        await kept.close()


def _secret(folder: config.Home) -> bytes:
    """What secrets of codes are encrypted under: a passphrase of its own, else that of the key
    store, else the PIN of the token that holds all keys."""
    settings = folder.settings
    own, keys, token = settings.officers.passphrase_file, settings.keys, settings.token
    if own is not None:
        return passphrase(folder.path(own), None)
    if keys.passphrase_file or keys.passphrase_env or keys.passphrase_credential:
        file = folder.path(keys.passphrase_file) if keys.passphrase_file else None
        return passphrase(file, keys.passphrase_env, keys.passphrase_credential)
    file = folder.path(token.pin_file) if token.pin_file else None
    return passphrase(file, token.pin_env, token.pin_credential, what="PIN")


def _note(folder: config.Home) -> Path:
    return folder.folder / NOTE
