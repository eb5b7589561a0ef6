"""A city's office in the federation: its own keys, its copy, and what it noted.

::

    federation/notes.json   which keys are ours, where mirrors are; nothing secret
    trust/                  our copy of the federation (settings: trust.folder)
    trust/root.json         the root file (settings: trust.root)

Private keys lie in the key store of the member, one file each, under one passphrase.
"""

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from securesystemslib.signer import Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets

from gateway import config
from gateway.bootstrap.keys import key_store
from gateway.federation.notes import notes_file, read_notes
from gateway.federation.papers import MemberPaper, invalid, not_now
from keys.atomic_file import write_atomically
from keys.suites import SUITES
from keys.suites.suite import SigningKey
from keys.trust.federation import layout
from keys.trust.federation.copy import Copy
from keys.trust.federation.federation import Federation, finish, read_anchor
from keys.trust.federation.making import member_role, sign
from keys.trust.federation.published import read_catalogue, read_member
from keys.trust.federation.standing import Standing
from keys.trust.federation.tuf_keys import tuf_key
from keys.trust.federation.walk import Known, walk
from keys.trust.member import Member


class Office:
    """Opened by one command, over one member's folder."""

    def __init__(self, folder: config.Home) -> None:
        """Raises KeyUnusable when there is no passphrase."""
        self.folder = folder
        self._store = key_store(folder)
        self.copy = Copy(folder.path(folder.settings.trust.folder))
        root = folder.settings.trust.root
        self.anchor = folder.path(root) if root else self.copy.folder / "root.json"
        self._notes_file = notes_file(folder.folder)
        self.notes = read_notes(folder.folder)

    @property
    def code(self) -> str:
        return self.folder.settings.member.code

    def now(self) -> datetime:
        return datetime.now(UTC)

    # --- what we know -----------------------------------------------------------------------------

    def federation(self) -> Federation:
        """Our copy, loaded. Raises Wrong (federation.not_now) when there is no root file."""
        if not self.anchor.exists():
            raise not_now(f"there is no root file {self.anchor}: join or found first")
        federation = Federation(read_anchor(self.anchor), self.copy, self.now)
        federation.load()
        return federation

    def standing(self) -> Standing:
        """What our copy says. Where it has ended, what it said while it held: founders and
        publishers must be able to make the next version of what has ended.

        Raises Wrong, and TrustUnavailable when the copy is not whole.
        """
        standing = self.federation().standing
        if standing is not None:
            return standing
        steps = walk(read_anchor(self.anchor), Known(), self._last_moment())
        return finish(steps, self.copy.read)

    def _last_moment(self) -> datetime:
        """When all of our copy still held; now, where it cannot be told."""
        known = self.copy.known().files
        newest = {
            path.rpartition(".")[0].rpartition(".")[2]: data
            for path, data in sorted(known.items(), key=lambda each: _number(each[0]))
        }
        try:
            snapshot = Metadata[Snapshot].from_bytes(newest["snapshot"]).signed
            path = layout.metadata_path("targets", snapshot.meta["targets.json"].version)
            newest["targets"] = self.copy.read(path, layout.TARGETS_BYTES) or b""
            ends = [Metadata.from_bytes(data).signed.expires for data in newest.values()]
        except (RepositoryError, KeyError):
            return self.now()
        return min(ends) - timedelta(seconds=1)

    def entry(self) -> tuple[Member, bytes]:
        """Our own file, `member.json`, and its exact bytes. Raises Wrong, OSError."""
        file = self.folder.folder / "member.json"
        data = file.read_bytes()
        try:
            member = read_member(data)
        except ValueError as error:
            raise invalid(str(error), file) from None
        if member.code != self.code:
            raise invalid(f"it is the entry of {member.code}", file)
        return member, data

    def catalogue(self) -> bytes | None:
        """Our own catalogue, `catalogue.json`, and its exact bytes; None when there is none.

        Raises Wrong, OSError.
        """
        file = self.folder.folder / "catalogue.json"
        try:
            with file.open("rb") as source:
                data = source.read(layout.CATALOGUE_BYTES + 1)
            read_catalogue(data)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise invalid(str(error), file) from None
        return data

    # --- our keys ---------------------------------------------------------------------------------

    def member_key(self) -> SigningKey:
        """Our own key as a member; made when there is none yet."""
        if self.notes.member is None:
            self.note(member=self._new_key("member"))
        assert self.notes.member is not None  # noqa: S101 - it was just noted
        return self._store.signing_key(self.notes.member)

    def new_member_key(self) -> None:
        """A fresh one in place of the old; founders must give it the seat (`approve`)."""
        self.note(member=self._new_key("member"))

    def founding_keys(self) -> list[SigningKey]:
        return [self._store.signing_key(uri) for uri in self.notes.founding]

    def publishing_keys(self) -> list[SigningKey]:
        return [self._store.signing_key(uri) for uri in self.notes.publishing]

    def new_founder_keys(self) -> None:
        """Fresh ones beside the old, which sign as long as a root names them."""
        self.note(
            founding=(*self.notes.founding, self._new_key("founding")),
            publishing=(*self.notes.publishing, self._new_key("publishing")),
        )

    def _new_key(self, use: str) -> str:
        member, _ = self.entry()
        serial = f"{self.now():%Y%m%d}-{os.urandom(2).hex()}"
        return self._store.new_signing_key(SUITES[member.suite], f"{self.code}-{use}-{serial}")

    def paper(self, version: int, suite: str) -> MemberPaper:
        """Our file and catalogue, signed as this version of our role."""
        _, data = self.entry()
        return self._paper(self.code, self.member_key(), data, version, suite, self.catalogue())

    def seat_paper(self, code: str, data: bytes, version: int, suite: str) -> MemberPaper:
        """The file of the member `code` under a fresh key of ours: for a seat whose owner
        cannot sign any more."""
        key = self._store.signing_key(self._new_key(f"seat-{code}"))
        return self._paper(code, key, data, version, suite, None)

    def _paper(
        self,
        code: str,
        key: SigningKey,
        data: bytes,
        version: int,
        suite: str,
        more: bytes | None,
    ) -> MemberPaper:
        role = sign(member_role(code, data, version, suite, self.now(), more), key)
        return MemberPaper(
            code=code,
            key=tuf_key(key.public()).to_dict(),
            role=role.to_bytes().decode(),
            member=data.decode(),
            catalogue=more.decode() if more is not None else None,
        )

    # --- notes ------------------------------------------------------------------------------------

    def note(self, **changes: object) -> None:
        """Remember something. Raises OSError."""
        self.notes = self.notes.model_copy(update=changes)
        self._notes_file.parent.mkdir(mode=0o700, exist_ok=True)
        text = self.notes.model_dump_json(indent=2, exclude_none=True) + "\n"
        write_atomically(self._notes_file, text.encode(), mode=0o600)


def _number(path: str) -> int:
    """Of a version in a path; 0 where there is none."""
    number = path.rpartition("/")[2].partition(".")[0]
    return int(number) if number.isdigit() else 0


def root_of(standing: Standing) -> Root:
    """The newest root."""
    path = layout.metadata_path("root", standing.versions["root"])
    return Metadata[Root].from_bytes(standing.files[path]).signed


def targets_of(standing: Standing) -> Targets:
    path = layout.metadata_path("targets", standing.versions["targets"])
    return Metadata[Targets].from_bytes(standing.files[path]).signed


def root_digest(root: Metadata[Root]) -> str:
    """SHA-256, 64 hex digits, of what its signatures cover, so that one more does not change it.

    People compare its start.
    """
    return hashlib.sha256(root.signed_bytes).hexdigest()


def ours_among(keys: Sequence[SigningKey], ids: Sequence[str]) -> list[SigningKey]:
    """Those of `keys` that TUF knows under one of `ids`."""
    return [key for key in keys if key_id(key) in ids]


def key_id(key: SigningKey) -> str:
    public: Key = tuf_key(key.public())
    return public.keyid
