"""What an adapter owes: a city's own documents in, canonical drafts out, and back.

An adapter is a family (a format) under a profile (a city). It touches bytes only: fetching
and handing over documents is a connector's work, signing and sending the gateway's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from contracts.case import Application
from contracts.messages import Kind
from contracts.model import Model


@dataclass(frozen=True, slots=True)
class File:
    """A file that a body refers to by the part name it is kept under."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """One canonical message before it has an envelope.

    `number` is the number by which this city's own system knows the case: for the city
    that received it, its filing number; for the handling city, the number under which the
    gateway handed the case over. `application` repeats what was submitted, for families
    whose later documents repeat it too; it is no part of the message.
    """

    number: str
    kind: Kind
    body: Model
    files: Mapping[str, File] = field(default_factory=dict)
    application: Application | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document in a city's own format. `name` is a safe file name."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Loss:
    """Something a family cannot carry: a path in the canonical body, and why."""

    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    """The documents for one draft, and what they could not say."""

    documents: Sequence[Document]
    losses: Sequence[Loss] = ()


class Adapter(Protocol):
    """Translates between one city's documents and canonical drafts. Pure; safe to share."""

    @property
    def city(self) -> str:
        """The member code of the profile."""

    def read(self, document: bytes) -> list[Draft]:
        """The drafts that a native document states, in the order of the case.

        Raises DocumentRejected (`document.invalid`, `matter.unknown`), whose `where` names
        partner, field and value; a document is read whole or not at all.
        """

    def write(self, draft: Draft) -> Written:
        """The native documents that state `draft`.

        Raises DocumentRejected: `document.not_carried` when the family has no place for
        this kind, `document.invalid` when a value breaks a limit of the family (too long,
        not in its encoding), `matter.unknown` when the crosswalk has no such matter.
        """
