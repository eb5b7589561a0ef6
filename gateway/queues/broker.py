"""The way to the broker, kept open: sessions that follow one another for as long as it takes.

What must not depend on a session stands here: which lanes are to be announced, and which to
be consumed. The state that is wanted is compared with that of the session whenever something
changes, and once a second.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Collection

from yarl import URL

from contracts.errors import QueueUnavailable
from gateway.queues.session import LaneStuckError, Session, open_session
from gateway.queues.topology import Topology

_LOG = logging.getLogger("tongban.queue")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds between two attempts to connect
_COMPARE_SECONDS = 1.0
_CANCEL_SECONDS = 0.5  # between two attempts to end a task
_LAST_WORDS_SECONDS = 2.0  # in which a process that ends gets its announcements out


class Broker:
    """Announces and listens. No method but `refill` waits for the broker or fails with it."""

    def __init__(
        self,
        address: URL,
        topology: Topology,
        *,
        name: str,
        wanted: Callable[[], Collection[str]],
        heard: Callable[[str], None],
    ) -> None:
        """`address` holds the password. `wanted`: the lanes to be consumed now; `heard` is
        called for each of them that may have new tickets."""
        self._address = address
        self._topology = topology
        self._name = name
        self._wanted = wanted
        self._heard = heard
        self._unsaid: set[str] = set()
        self._stuck: set[str] = set()
        self._changed = asyncio.Event()
        self._said = asyncio.Event()
        self._lost = False
        self._closed = False
        self.connected = False
        """Whether a session is open now."""
        self._keeping: asyncio.Task[None] | None = None

    def announce(self, lanes: Collection[str]) -> None:
        """Now if the broker is there, else as soon as it is back."""
        self._unsaid.update(lanes)
        self.compare()

    def compare(self) -> None:
        """What is wanted has changed."""
        self._changed.set()
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep(), name="broker")

    async def refill(self, lanes: Collection[str]) -> None:
        """Delete the queues of these lanes, make them anew and announce each lane.

        Raises QueueUnavailable. May be called again.
        """
        async with self._apart() as session:
            for lane in lanes:
                await session.delete(lane)
            await session.announce(lanes)

    async def check(self) -> None:
        """Make a queue of the kind that lanes have, publish to it, and delete it again.

        Raises QueueUnavailable.
        """
        async with self._apart() as session:
            await session.try_out(f"check.{secrets.token_hex(4)}")  # two may look at once

    @contextlib.asynccontextmanager
    async def _apart(self) -> AsyncIterator[Session]:
        """A session of its own, over which nothing is heard. Raises QueueUnavailable."""
        try:
            async with open_session(
                self._address,
                self._topology,
                name=self._name,
                heard=lambda _: None,
                lost=lambda: None,
            ) as session:
                yield session
        except Exception as error:  # the client raises of everything
            raise QueueUnavailable(_told(error), source=self.where) from error

    async def close(self) -> None:
        """Say what is unsaid, if that can be done soon."""
        if self._keeping is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                while self._unsaid and not self._keeping.done():
                    self._said.clear()
                    await self._said.wait()
        self._closed = True
        while not self._keeping.done():
            self._keeping.cancel()  # again and again: the client may swallow one
            await asyncio.wait([self._keeping], timeout=_CANCEL_SECONDS)

    @property
    def where(self) -> str:
        """The address as it may be shown."""
        return str(self._address.with_password(None).with_query(None))

    # --- one session after another --------------------------------------------------------------

    async def _keep(self) -> None:
        pause, told = _FIRST_PAUSE, False
        while not self._closed:
            try:
                async with self._session() as session:
                    _LOG.info("connected to %s", self.where)
                    pause, told = _FIRST_PAUSE, False
                    self.connected = True
                    await self._work(session)
            except (Exception, asyncio.CancelledError) as error:
                if _we_are_cancelled():
                    raise
                if isinstance(error, LaneStuckError):
                    self._stuck.add(error.lane)
                if not told:  # once for each absence
                    _LOG.warning(
                        "no broker at %s (%s): lanes are read from the store alone",
                        self.where,
                        _told(error),
                    )
                told = True
            finally:
                self.connected = False
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _session(self) -> contextlib.AbstractAsyncContextManager[Session]:
        self._lost = False
        return open_session(
            self._address, self._topology, name=self._name, heard=self._hear, lost=self._lose
        )

    async def _work(self, session: Session) -> None:
        # A queue that lost its members in a crash stays without any. It holds nothing but
        # news, so it is made anew rather than waited for.
        for lane in sorted(self._stuck):
            await session.delete(lane)
            self._stuck.discard(lane)
        while not (self._lost or self._closed):
            self._changed.clear()
            await session.consume(self._wanted())
            await self._say(session)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_COMPARE_SECONDS):
                    await self._changed.wait()
        raise ConnectionError("the connection was lost")

    async def _say(self, session: Session) -> None:
        saying, self._unsaid = self._unsaid, set()
        try:
            await session.announce(saying)
        except BaseException:
            self._unsaid |= saying
            raise
        self._said.set()

    def _hear(self, lane: str) -> None:
        self._heard(lane)
        if lane not in self._wanted():
            # We lost the lane a moment ago. The queue is given up first, then this is said
            # again: to whoever consumes the lane now.
            self.announce([lane])

    def _lose(self) -> None:
        self._lost = True
        self._changed.set()


def _we_are_cancelled() -> bool:
    """The client's own futures are cancelled too, when a connection breaks."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _told(error: BaseException) -> str:
    return str(error) or type(error).__name__
