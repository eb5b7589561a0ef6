"""Recent: our own messages of the last moments, so that nobody reads them back from disk.

A message is sent milliseconds after it was submitted, mostly by the same process. Bounded
in bytes; what is not here is in the database, which stays the truth: the state that stands
here may be older by a moment, and whoever settles a message looks at the database again.
"""

from collections import OrderedDict

from gateway.records import Changes, Direction, MessageRecord

_ROW_BYTES = 600  # of a record beside envelope and parts, near enough


class Recent:
    """For one event loop."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._messages: OrderedDict[str, MessageRecord] = OrderedDict()

    def note(self, changes: Changes) -> None:
        """Committed changes: new messages come in, what is settled, expired or given up goes."""
        for message in changes.messages:
            if message.direction is Direction.OUT:
                self._drop(message.id)
                self._messages[message.id] = message
                self._bytes += _size(message)
        for settled in changes.settlements:
            self._drop(settled.message_id)
        for message_id in (*changes.expired, *(gone.message_id for gone in changes.given_up)):
            self._drop(message_id)
        while self._bytes > self._most:
            self._drop(next(iter(self._messages)))

    def find(self, message_id: str) -> MessageRecord | None:
        """The message with its parts, when it is here."""
        return self._messages.get(message_id)

    def _drop(self, message_id: str) -> None:
        message = self._messages.pop(message_id, None)
        if message is not None:
            self._bytes -= _size(message)


def _size(message: MessageRecord) -> int:
    return _ROW_BYTES + len(message.envelope) + sum(len(part.sealed) for part in message.parts)
