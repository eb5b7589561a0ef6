"""The way of a client through a repository: bytes and a time in, a verified standing out.

The order and the rules are those of the TUF specification (1.0.31, section 5), and
python-tuf's `TrustedMetadataSet` keeps them; it is the part of python-tuf that does no
input or output, and is called internal there, so nothing but this file imports it. What is
ours: one member's fault is that member's alone, keys never disappear (`keys.trust.
succession`), nobody speaks for a region that was not given (`rules`), and every refusal has
a code.
"""

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from tuf.api.exceptions import (
    BadVersionNumberError,
    EqualVersionNumberError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.metadata import DelegatedRole, Metadata, TargetFile, Targets
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from contracts.errors import TongbanError, TrustRefused, TrustUnavailable
from keys.trust.federation import layout, tuf_keys
from keys.trust.federation.published import read_catalogue, read_member
from keys.trust.federation.rules import broken_root, claimed_beyond, jurisdictions_given
from keys.trust.federation.standing import TOP_ROLES, Fault, Standing
from keys.trust.member import Member
from keys.trust.succession import broken_rules

_T = TypeVar("_T")

tuf_keys.register()

_UNFIT = (RepositoryError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What python-tuf raises over hostile bytes: most, not all, of it is a RepositoryError."""


class Want(NamedTuple):
    """Ask a mirror for `path`; of no more than `limit` bytes is any use."""

    path: str
    limit: int


@dataclass(frozen=True, slots=True)
class Known:
    """What was verified before: `files` by path, each member's last good file and catalogue.

    It needs not be whole: what lacks is asked for, what it holds protects against going back.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    catalogues: Mapping[str, bytes] = field(default_factory=dict)


Walk = Generator[Want, bytes | None, Standing]
"""Yields what it wants, is sent the bytes or None when there is no such file."""


def walk(anchor: bytes, known: Known, now: datetime) -> Walk:
    """From the root file `anchor` to all members, as of `now`; the mirror answers each `Want`.

    Raises TrustRefused (trust.root_broken, rollback, mixed, threshold, oversized, malformed)
    and TrustUnavailable (trust.frozen, trust.mirror_unreachable).
    """
    return _Walk(anchor, known, now).steps()


class _Walk:
    def __init__(self, anchor: bytes, known: Known, now: datetime) -> None:
        self._known = known
        self._now = now
        try:
            self._set = TrustedMetadataSet(anchor, EnvelopeType.METADATA)
            mistakes = broken_root(self._set.root)
        except _UNFIT as error:
            mistakes = [str(error) or type(error).__name__]
        if mistakes:
            raise TrustRefused("; ".join(mistakes), code="trust.root_broken")
        self._set.reference_time = now
        self._files = {layout.metadata_path("root", self._set.root.version): anchor}
        self._members: dict[str, Member] = {}
        self._catalogues: dict[str, bytes] = {}
        self._faults: list[Fault] = []
        self._roles: dict[str, Targets] = {}

    def steps(self) -> Walk:
        yield from self._roots()
        yield from self._timestamp()
        yield from self._snapshot()
        yield from self._role("targets", layout.TARGETS_BYTES, self._set.update_targets)
        for code, role in self._delegations().items():
            yield from self._member(code, role)
        top = {name: self._set[name] for name in TOP_ROLES}
        return Standing(
            versions={name: role.version for name, role in {**top, **self._roles}.items()},
            expires={name: role.expires for name, role in {**top, **self._roles}.items()},
            members=self._members,
            faults=tuple(self._faults),
            files=self._files,
            catalogues=self._catalogues,
        )

    # --- the four top roles ---------------------------------------------------------------------

    def _roots(self) -> Generator[Want, bytes | None, None]:
        for _ in range(layout.MAX_ROOTS):
            path = layout.metadata_path("root", self._set.root.version + 1)
            taken = yield from self._take(path, layout.ROOT_BYTES, self._use_root)
            if taken is None:
                return

    def _use_root(self, data: bytes) -> bool:
        self._set.update_root(data)
        if mistakes := broken_root(self._set.root):
            raise TrustRefused("; ".join(mistakes), code="trust.root_broken")
        return True

    def _timestamp(self) -> Generator[Want, bytes | None, None]:
        """What is known is loaded first, though it may be over: nothing older is taken."""
        path = layout.TIMESTAMP
        known = self._known.files.get(path)
        if known is not None:
            with suppress(*_UNFIT):
                self._set.update_timestamp(known)
        data = yield Want(path, layout.TIMESTAMP_BYTES)
        if data is None:
            raise _missing(path)
        _bounded(data, layout.TIMESTAMP_BYTES, path)
        try:
            self._set.update_timestamp(data)
        except EqualVersionNumberError:
            data = known or data
        except _UNFIT as error:
            raise refused(error, path) from None
        if self._set.timestamp.is_expired(self._now):
            raise refused(ExpiredMetadataError("the timestamp has expired"), path)
        self._files[path] = data

    def _snapshot(self) -> Generator[Want, bytes | None, None]:
        older = _newest_snapshot(self._known.files)
        if older is not None:
            with suppress(*_UNFIT):
                self._set.update_snapshot(older, trusted=True)
        meta = self._set.timestamp.snapshot_meta
        path = layout.metadata_path("snapshot", meta.version)
        limit = _limit(meta.length, layout.SNAPSHOT_BYTES, path)
        taken = yield from self._take(path, limit, self._use_snapshot)
        if taken is None:
            raise _missing(path)

    def _use_snapshot(self, data: bytes) -> bool:
        self._set.update_snapshot(data)
        return True

    def _role(
        self, name: str, most: int, use: Callable[[bytes], _T]
    ) -> Generator[Want, bytes | None, _T]:
        """The version of a targets role that the snapshot names; its digest must be there."""
        meta = self._set.snapshot.meta.get(f"{name}.json")
        if meta is None or not meta.hashes:
            raise TrustRefused(
                "the snapshot does not name its digest", code="trust.mixed", file=name
            )
        path = layout.metadata_path(name, meta.version)
        taken = yield from self._take(path, _limit(meta.length, most, path), use)
        if taken is None:
            raise _missing(path)
        return taken

    # --- members --------------------------------------------------------------------------------

    def _delegations(self) -> dict[str, DelegatedRole]:
        delegations = self._set.targets.delegations
        roles = (delegations.roles if delegations is not None else None) or {}
        if len(roles) > layout.MAX_MEMBERS:
            raise TrustRefused(f"{len(roles)} members", code="trust.oversized", file="targets")
        # Roles of another form are for versions to come.
        return {name: role for name, role in roles.items() if layout.MEMBER_CODE.fullmatch(name)}

    def _member(self, code: str, role: DelegatedRole) -> Generator[Want, bytes | None, None]:
        if f"{code}.json" not in self._set.snapshot.meta:
            found: Member | Fault = Fault("trust.mixed", code, "not in the snapshot yet")
        else:
            signed = yield from self._role(
                code, layout.ROLE_BYTES, lambda data: self._use_role(code, data)
            )
            if isinstance(signed, Targets):
                self._roles[code] = signed
                found = yield from self._file(code, role, signed)
                yield from self._catalogue(code, role, signed)
            else:
                found = signed
        if code not in self._roles and code in self._known.catalogues:
            self._catalogues[code] = self._known.catalogues[code]
        if isinstance(found, Fault):
            self._faults.append(found)
            if code in self._known.members:
                self._members[code] = self._known.members[code]
        else:
            self._members[code] = found

    def _use_role(self, code: str, data: bytes) -> Targets | Fault:
        """The digest is the mirror's to keep; whatever has it and does not hold is the member's."""
        try:
            return self._set.update_delegated_targets(data, code, "targets")
        except ExpiredMetadataError:  # checked last: everything else holds
            return Metadata[Targets].from_bytes(data).signed
        except (LengthOrHashMismatchError, BadVersionNumberError):
            raise
        except UnsignedMetadataError as error:
            return Fault("trust.threshold", code, str(error))
        except _UNFIT as error:
            return Fault("trust.malformed", code, str(error) or type(error).__name__)

    def _file(
        self, code: str, role: DelegatedRole, signed: Targets
    ) -> Generator[Want, bytes | None, Member | Fault]:
        target = layout.member_target(code)
        info = signed.targets.get(target)
        if info is None:
            return Fault("trust.malformed", code, f"there is no {target}")
        given, most = jurisdictions_given(role), layout.MEMBER_BYTES
        found: Member | Fault = yield from self._target(
            code, role, info, most, lambda data: self._use_file(code, given, data)
        )
        return found

    def _catalogue(
        self, code: str, role: DelegatedRole, signed: Targets
    ) -> Generator[Want, bytes | None, None]:
        """A catalogue that does not hold takes nothing from the member's file: a key that is
        closed there must not wait for a list of matters."""
        info = signed.targets.get(layout.catalogue_target(code))
        if info is None:
            return
        most = layout.CATALOGUE_BYTES
        found: bytes | Fault = yield from self._target(
            code, role, info, most, lambda data: _use_catalogue(code, data)
        )
        if isinstance(found, Fault):
            self._faults.append(found)
            if code in self._known.catalogues:
                self._catalogues[code] = self._known.catalogues[code]
        else:
            self._catalogues[code] = found

    def _target(
        self,
        code: str,
        role: DelegatedRole,
        info: TargetFile,
        most: int,
        use: Callable[[bytes], _T | Fault],
    ) -> Generator[Want, bytes | None, _T | Fault]:
        """One file that the role names, by its length and digest."""
        if not role.is_delegated_path(info.path):
            return Fault("trust.malformed", code, f"{info.path} is not its own")
        if info.length > most:
            return Fault("trust.oversized", code, f"{info.path} has {info.length} bytes")
        if not info.hashes.keys() <= set(layout.DIGESTS.values()):
            return Fault("trust.malformed", code, f"digests are {', '.join(info.hashes)}")
        path = layout.target_path(info.path, next(iter(info.hashes.values())))
        if layout.PUBLISHED.fullmatch(path) is None:
            return Fault("trust.malformed", code, f"the digest of {info.path} is none")

        def verified(data: bytes) -> _T | Fault:
            info.verify_length_and_hashes(data)
            return use(data)

        found = yield from self._take(path, info.length, verified)
        if found is None:
            raise _missing(path)
        return found

    def _use_file(self, code: str, given: tuple[str, ...], data: bytes) -> Member | Fault:
        try:
            member = read_member(data)
        except ValueError as error:
            return Fault("trust.malformed", code, str(error))
        if member.code != code:
            return Fault("trust.malformed", code, f"the file is of {member.code}")
        if beyond := claimed_beyond(member, given):
            return Fault("trust.jurisdiction", code, ", ".join(beyond[:10]))
        before = self._known.members.get(code)
        if before is not None and (broken := broken_rules(before, member)):
            return Fault("trust.key_removed", code, "; ".join(broken[:10]))
        return member

    # --- one file -------------------------------------------------------------------------------

    def _take(
        self, path: str, limit: int, use: Callable[[bytes], _T]
    ) -> Generator[Want, bytes | None, _T | None]:
        """Use what is known of this name, or else what the mirror gives. None: there is none."""
        known = self._known.files.get(path)
        if known is not None:
            with suppress(*_UNFIT, TongbanError):
                result = use(known)
                self._files[path] = known
                return result
        data = yield Want(path, limit)
        if data is None:
            return None
        _bounded(data, limit, path)
        try:
            result = use(data)
        except _UNFIT as error:
            raise refused(error, path) from None
        self._files[path] = data
        return result


def _use_catalogue(code: str, data: bytes) -> bytes | Fault:
    try:
        read_catalogue(data)
    except ValueError as error:
        return Fault("trust.malformed", code, f"its catalogue: {error}")
    return data


def refused(error: Exception, path: str) -> TongbanError:
    """The error of ours for one of python-tuf's, met at the file `path`."""
    detail = str(error) or type(error).__name__
    if isinstance(error, ExpiredMetadataError):
        return TrustUnavailable(detail, code="trust.frozen", file=path)
    return TrustRefused(detail, code=_code(error, path), file=path)


def _code(error: Exception, path: str) -> str:
    whole = re.search(r"(timestamp|snapshot|root)\.json$", path) is not None
    if isinstance(error, UnsignedMetadataError):
        return "trust.threshold"
    if isinstance(error, LengthOrHashMismatchError):
        return "trust.mixed"
    if isinstance(error, BadVersionNumberError):
        return "trust.rollback" if whole else "trust.mixed"
    if type(error) is RepositoryError and "missing info" in str(error):
        return "trust.rollback"  # a role that the snapshot named before
    return "trust.malformed"


def _missing(path: str) -> TrustUnavailable:
    return TrustUnavailable("it lacks a file", code="trust.mirror_unreachable", file=path)


def _limit(length: int | None, most: int, path: str) -> int:
    if length is not None and length > most:
        raise TrustRefused(f"{length} bytes, more than {most}", code="trust.oversized", file=path)
    return most if length is None else length


def _bounded(data: bytes, limit: int, path: str) -> None:
    if len(data) > limit:
        raise TrustRefused(f"more than {limit} bytes", code="trust.oversized", file=path)


def _newest_snapshot(files: Mapping[str, bytes]) -> bytes | None:
    numbered = {
        int(found[1]): path
        for path in files
        if (found := re.fullmatch(r"metadata/([1-9][0-9]{0,9})\.snapshot\.json", path))
    }
    return files[numbered[max(numbered)]] if numbered else None
