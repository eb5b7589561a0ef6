"""Publish: snapshot and timestamp over what founders and members signed.

Before anything is written, the new state is walked through as every client will walk through
it, starting from what is published now; what a client would refuse is not published.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from contracts.errors import TrustRefused
from gateway.federation.agreeing import keep_root
from gateway.federation.office import Office, ours_among, root_of
from gateway.federation.papers import MemberPaper, Proposal, invalid, not_now
from gateway.federation.scrutiny import parse_proposal
from keys.suites.suite import SigningKey
from keys.trust.federation import layout
from keys.trust.federation.charter import charter_of
from keys.trust.federation.federation import Federation, finish
from keys.trust.federation.making import (
    make_snapshot,
    make_timestamp,
    merge_signatures,
    sign,
)
from keys.trust.federation.standing import Standing
from keys.trust.federation.walk import Known, walk

_NOBODY = (
    "we hold no publishing key of this federation: hand the file to a founding city, "
    "which publishes it"
)


@dataclass(slots=True)
class _State:
    """The repository that is being made: its files by path, and the roles that changed."""

    files: dict[str, bytes]
    root: Root
    roles: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    new_root: bool = False


def can_publish(office: Office, standing: Standing) -> bool:
    """Whether one of our keys signs snapshot and timestamp."""
    keyids = root_of(standing).roles["timestamp"].keyids
    return bool(ours_among(office.publishing_keys(), keyids))


def own_news(office: Office, standing: Standing) -> MemberPaper | None:
    """The next version of our own files: when one was changed, or their role ends soon."""
    if office.code not in standing.versions:
        return None
    version = standing.versions[office.code]
    path = layout.metadata_path(office.code, version)
    role = Metadata[Targets].from_bytes(standing.files[path]).signed
    _, data = office.entry()
    same = _says(role, layout.member_target(office.code), data) and _says(
        role, layout.catalogue_target(office.code), office.catalogue()
    )
    if same and standing.expires[office.code] - office.now() > layout.WARN_LONG:
        return None
    return office.paper(version + 1, charter_of(root_of(standing)).suite)


def _says(role: Targets, target: str, data: bytes | None) -> bool:
    """Whether `role` is over these very bytes, or over none where there are none."""
    info = role.targets.get(target)
    if info is None or data is None:
        return info is None and data is None
    try:
        info.verify_length_and_hashes(data)
    except RepositoryError:
        return False
    return True


def publish(
    office: Office, proposals: Sequence[Proposal], members: Sequence[MemberPaper]
) -> Standing:
    """Publish what the papers bring into our copy; without any, only a fresh timestamp.

    Raises Wrong (federation.not_now, federation.file_invalid), and TrustRefused with the code
    under which every client would refuse it.
    """
    before = office.standing() if office.anchor.exists() else None
    root, targets = _merged(proposals)
    if before is None and root is None:
        raise not_now("there is no federation here: found one, or join")
    state = _state(before, root)
    if targets is not None:
        _check_signed(state.root, root, targets)
        _put(state, "targets", targets.signed.version, targets.to_bytes())
    for paper in (*(each for p in proposals for each in p.members), *members):
        _put_member(state, before, paper)
    key = _publishing_key(office, state.root)
    _sign_snapshot(office, state, before, key)
    return _accepted(office, state, before)


def _state(before: Standing | None, root: Metadata[Root] | None) -> _State:
    files = dict(before.files) if before is not None else {}
    if root is None:
        if before is None:
            raise not_now("there is no federation here: found one, or join")
        return _State(files, root_of(before))
    files[layout.metadata_path("root", root.signed.version)] = root.to_bytes()
    return _State(files, root.signed, new_root=True)


def _merged(
    proposals: Sequence[Proposal],
) -> tuple[Metadata[Root] | None, Metadata[Targets] | None]:
    """Copies of one proposal, with the signatures of all of them."""
    root: Metadata[Root] | None = None
    targets: Metadata[Targets] | None = None
    for proposal in proposals:
        next_root, next_targets = parse_proposal(proposal)
        try:
            if targets is None:
                root, targets = next_root, next_targets
                continue
            merge_signatures(targets, next_targets)
            if root is not None and next_root is not None:
                merge_signatures(root, next_root)
            elif root is not next_root:
                raise ValueError("one changes the root and another does not")
        except ValueError as error:
            raise invalid(f"these are different proposals: {error}") from None
    return root, targets


def _check_signed(founders: Root, root: Metadata[Root] | None, targets: Metadata[Targets]) -> None:
    """Whether k founders have signed: said as what is still to be done, not as a forgery."""
    for name, file in (("root", root), ("targets", targets)):
        if file is None:
            continue
        found = founders.get_verification_result(name, file.signed_bytes, file.signatures)
        if not found:
            raise not_now(
                f"{len(found.signed)} founding cities have signed the {name}, and "
                f"{found.threshold} are needed: hand it to the next for tongban federation approve"
            )


def _put(state: _State, role: str, version: int, data: bytes) -> None:
    state.files[layout.metadata_path(role, version)] = data
    state.roles[role] = version, data


def _put_member(state: _State, before: Standing | None, paper: MemberPaper) -> None:
    try:
        role = Metadata[Targets].from_bytes(paper.role.encode())
        files = dict(_files(role.signed, paper))
    except (RepositoryError, KeyError, AttributeError) as error:
        raise invalid(f"{paper.code}: {error}") from None
    published = before.versions.get(paper.code, 0) if before is not None else 0
    if role.signed.version <= published:
        if before is not None and _same_role(before, paper, published):
            return  # of a proposal whose member was published meanwhile
        raise not_now(
            f"{paper.code}: the file is version {role.signed.version}, and {published} is published"
        )
    if any(layout.PUBLISHED.fullmatch(path) is None for path in files):
        raise invalid(f"{paper.code}: the digest of its file is none")
    state.files.update(files)
    _put(state, paper.code, role.signed.version, paper.role.encode())


def _files(role: Targets, paper: MemberPaper) -> Iterator[tuple[str, bytes]]:
    """Where the files of a paper lie, and their bytes."""
    for target, text in (
        (layout.member_target(paper.code), paper.member),
        (layout.catalogue_target(paper.code), paper.catalogue),
    ):
        if text is not None:
            digest = next(iter(role.targets[target].hashes.values()), "")
            yield layout.target_path(target, digest), text.encode()


def _same_role(before: Standing, paper: MemberPaper, version: int) -> bool:
    return before.files.get(layout.metadata_path(paper.code, version)) == paper.role.encode()


def _publishing_key(office: Office, root: Root) -> SigningKey:
    ours = ours_among(office.publishing_keys(), root.roles["timestamp"].keyids)
    if not ours:
        raise not_now(_NOBODY)
    return ours[-1]


def _sign_snapshot(office: Office, state: _State, before: Standing | None, key: SigningKey) -> None:
    """A new timestamp always; a new snapshot where something changed, or it is half over."""
    now, suite = office.now(), charter_of(state.root).suite
    snapshot: Snapshot | None = None
    timestamp: Timestamp | None = None
    old = b""
    if before is not None:
        path = layout.metadata_path("snapshot", before.versions["snapshot"])
        old = before.files[path]
        snapshot = Metadata[Snapshot].from_bytes(old).signed
        timestamp = Metadata[Timestamp].from_bytes(before.files[layout.TIMESTAMP]).signed
    half_over = snapshot is not None and snapshot.expires - now < layout.SNAPSHOT_LIFE / 2
    if snapshot is None or state.roles or state.new_root or half_over:
        snapshot = make_snapshot(snapshot, state.roles, suite, now)
        old = sign(snapshot, key).to_bytes()
        state.files[layout.metadata_path("snapshot", snapshot.version)] = old
    made = make_timestamp(timestamp, (snapshot.version, old), suite, now)
    state.files[layout.TIMESTAMP] = sign(made, key).to_bytes()


def _accepted(office: Office, state: _State, before: Standing | None) -> Standing:
    """Walk through it as a client, then keep it. The first time, the root becomes our root."""
    first = layout.metadata_path("root", 1)
    anchor = office.anchor.read_bytes() if before is not None else state.files[first]
    known = (
        Known(before.files, before.members, before.catalogues) if before is not None else Known()
    )
    steps = walk(anchor, known, office.now())
    standing = finish(steps, lambda path, _: state.files.get(path))
    old_faults = before.faults if before is not None else ()
    for fault in standing.faults:
        if fault not in old_faults:
            raise TrustRefused(fault.detail, code=fault.code, member=fault.member)
    if before is None:
        keep_root(office, [state.files[first].decode()])
    Federation(anchor, office.copy, office.now).accept(standing)
    return standing
