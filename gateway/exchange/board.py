"""Board: what processes of a gateway and the commands beside them tell each other.

The process that carries a lane writes down how its link does, when that changes and now and
then all the same, so that what has become old tells of a gateway that is down. Whoever wants a
lane tried now leaves a note, and the process that carries it sees it within a second.
Nothing that carries messages waits for any of this.
"""

import contextlib
from collections.abc import Callable, Iterable

from contracts.errors import StoreUnavailable
from gateway.exchange.home import Home
from gateway.exchange.link_status import LinkStatus
from gateway.ports import Store, always
from gateway.records import Changes, Note, Scope

_LINK, _RETRY = "link/", "retry/"
_LOOK_SECONDS = 1.0
_CHANGED_SECONDS, _SAME_SECONDS = 2.0, 10.0  # between two notes of one link
OLD_SECONDS = 3 * _SAME_SECONDS
"""A status older than this is that of a gateway that is down, or cannot write."""


async def ask_to_try(store: Store, lanes: Iterable[str], now_ms: int) -> None:
    """Whoever carries these lanes tries at once instead of waiting for the end of a pause."""
    notes = [Note(_RETRY + lane, now_ms) for lane in lanes]
    await store.apply(Scope(), always(Changes(notes=notes)))


async def written_links(store: Store) -> dict[str, tuple[int, LinkStatus]]:
    """By partner: when its link was last written of, in Unix milliseconds, and how it did."""
    notes = await store.notes(_LINK)
    return {n.key.removeprefix(_LINK): (n.at, LinkStatus.from_text(n.text)) for n in notes}


class Board:
    """One process's part in it. `run` until cancelled."""

    def __init__(
        self,
        home: Home,
        store: Store,
        *,
        links: Callable[[], Iterable[LinkStatus]],
        wake: Callable[[str], None],
    ) -> None:
        """`wake` gets the lanes that somebody wants tried."""
        self._home = home
        self._store = store
        self._links = links
        self._wake = wake
        self._written: dict[str, tuple[float, str]] = {}
        self._asked: dict[str, int] | None = None

    async def run(self) -> None:
        while True:
            with contextlib.suppress(StoreUnavailable):  # the couriers say so
                await self.once()
            await self._home.clock.sleep(_LOOK_SECONDS)

    async def once(self) -> None:
        """Look what was asked for, then write what is due."""
        await self._look()
        now = self._home.clock.monotonic()
        due = {
            status.partner: text
            for status in self._links()
            if status.carrying and self._is_due(status.partner, text := status.to_text(), now)
        }
        if due:
            at = self._home.now_ms()
            notes = [Note(_LINK + partner, at, text) for partner, text in due.items()]
            await self._store.apply(Scope(), always(Changes(notes=notes)))
            self._written |= {partner: (now, text) for partner, text in due.items()}

    def _is_due(self, partner: str, text: str, now: float) -> bool:
        if partner not in self._written:
            return True
        at, before = self._written[partner]
        return now - at >= (_SAME_SECONDS if text == before else _CHANGED_SECONDS)

    async def _look(self) -> None:
        asked = {note.key: note.at for note in await self._store.notes(_RETRY)}
        if self._asked is not None:  # what was asked before we began is done: we just began
            for key, at in asked.items():
                if self._asked.get(key) != at:
                    self._wake(key.removeprefix(_RETRY))
        self._asked = asked
