"""Open a message again: its body and files, whether we received it or sent it ourselves."""

import base64
from dataclasses import dataclass

from adapters.adapter import File
from contracts.case import Application
from contracts.envelope import Envelope, read_envelope
from contracts.errors import MessageRefused
from contracts.lifecycle import RULES
from contracts.messages import BODY, Kind, SubmitBody
from contracts.model import Model
from gateway.exchange.examine import read_body
from gateway.exchange.home import Home, epoch_context, part_info
from gateway.ports import Store
from gateway.records import UNSAID_STATES, Direction, MessageRecord
from keys.suites import SUITES


@dataclass(frozen=True, slots=True)
class Opened:
    """What a message says in full."""

    envelope: Envelope
    kind: Kind
    body: Model
    files: dict[str, File]


class OpenMessage:
    """Use case: read what is private in a message that this city is party to."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home = home
        self._store = store

    async def __call__(self, message: MessageRecord) -> Opened:
        """`message` with its parts, which may be one that was refused.

        Raises MessageRefused (`part.unreadable`, `part.missing`, `store.archived`,
        `envelope.kind_unknown`, `body.invalid`).
        """
        envelope = read_envelope(message.envelope)
        plain = await self._plain(message, envelope)
        if gone := [part.name for part in envelope.parts if part.name not in plain]:
            raise await self._missing(message, gone[0])
        if envelope.kind not in RULES:
            raise MessageRefused(f"kind {envelope.kind}", code="envelope.kind_unknown")
        kind = Kind(envelope.kind)
        files = {
            part.name: File(part.media_type, plain[part.name])
            for part in envelope.parts
            if part.name != BODY
        }
        return Opened(envelope, kind, read_body(kind, plain.get(BODY)), files)

    async def _missing(self, message: MessageRecord, part: str) -> MessageRefused:
        """Put away with its month, or lost."""
        archive = None if message.parts else await self._store.archive_of(message.recorded_at)
        if archive is not None:
            return MessageRefused(f"parts archived in {archive}", code="store.archived", part=part)
        return MessageRefused("no longer kept", code="part.missing", part=part)

    async def application(self, case_id: str) -> Application | None:
        """What was submitted, as far as this gateway holds it."""
        for message in await self._store.messages(case_id):
            if message.kind == Kind.SUBMIT and message.state not in UNSAID_STATES:
                whole = await self._store.message(message.sender, message.id)
                try:
                    opened = await self(whole) if whole else None
                except MessageRefused:  # its parts or its key are gone
                    return None
                if opened and isinstance(opened.body, SubmitBody):
                    return opened.body.application
        return None

    async def _plain(self, message: MessageRecord, envelope: Envelope) -> dict[str, bytes]:
        if envelope.sealing is None:
            return {}
        if message.direction is Direction.OUT:
            return await self._own(message, envelope.sealing.secret)
        opener = self._home.opener(message.sender)
        try:
            wrapped = base64.b64decode(envelope.sealing.secret, validate=True)
        except ValueError as error:
            raise MessageRefused("the secret is not base64", code="part.unreadable") from error
        return {
            part.name: opener.open(
                envelope.sealing.key, wrapped, part.sealed, part_info(envelope.id, part.name)
            ).plain
            for part in message.parts
        }

    async def _own(self, message: MessageRecord, epoch_id: str) -> dict[str, bytes]:
        """What we sent is sealed to the partner: our copy of the epoch's secret opens it."""
        epoch = await self._store.epoch(epoch_id)
        if epoch is None:
            raise MessageRefused("our copy of the epoch's secret is gone", code="part.unreadable")
        context = epoch_context(self._home.code, self._home.code)
        try:
            key = self._home.opening_key(epoch.key)
        except KeyError:
            raise MessageRefused(
                "we no longer have the key", code="part.unreadable", key=epoch.key
            ) from None
        secret = key.unwrap(epoch.wrapped, context)
        suite = SUITES[self._home.trust.member(message.receiver).suite]
        plain = {}
        for part in message.parts:
            info = part_info(message.id, part.name)
            plain[part.name] = suite.decrypt(suite.part_key(secret, info), part.sealed, info)
        return plain
