"""Found, join, approve: what k of n founders sign, made and signed one city after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from securesystemslib.exceptions import Error as KeyFault
from securesystemslib.signer import Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets

from contracts.errors import TrustRefused
from gateway.federation.office import Office, ours_among, root_digest, root_of, targets_of
from gateway.federation.papers import (
    FounderPaper,
    Invitation,
    MemberPaper,
    Proposal,
    invalid,
    not_now,
)
from keys.atomic_file import write_atomically
from keys.suites.suite import SigningKey
from keys.trust.federation import layout, tuf_keys
from keys.trust.federation.charter import Charter, Founder, charter_of
from keys.trust.federation.making import (
    add_signatures,
    admit,
    first_targets,
    make_root,
    next_targets,
    sign,
)
from keys.trust.federation.rules import broken_root, claimed_beyond
from keys.trust.federation.standing import Standing
from keys.trust.federation.walk import read_member
from keys.trust.member import Member
from keys.trust.succession import broken_rules

_UNREADABLE = (RepositoryError, KeyFault, ValueError, KeyError, TypeError, AttributeError)

tuf_keys.register()


@dataclass(frozen=True, slots=True)
class Signed:
    """A proposal as it is after we signed: by how many of how many it is signed now."""

    proposal: Proposal
    charter: Charter
    signatures: int
    root: bool

    @property
    def enough(self) -> bool:
        return self.signatures >= self.charter.threshold


# --- found ----------------------------------------------------------------------------------------


def founder_paper(office: Office, *, new_keys: bool = False) -> FounderPaper:
    """Our keys as a founder; made the first time, and when new ones are asked for."""
    if new_keys or not office.notes.founding:
        office.new_founder_keys()
    member, _ = office.entry()
    return FounderPaper(
        code=office.code,
        name=member.name,
        founding=_public(office.founding_keys()[-1]),
        publishing=_public(office.publishing_keys()[-1]),
        member=office.paper(1, member.suite),
    )


def propose_founding(
    office: Office, name: str, suite: str, threshold: int, others: Sequence[FounderPaper]
) -> Signed:
    """A first root and first targets with every founder as a member, signed by us."""
    if office.anchor.exists():
        raise not_now("there is a federation here already")
    papers = [founder_paper(office), *others]
    charter = Charter(name, suite, threshold, tuple(map(_founder, papers)))
    _refuse(charter.mistakes())
    now, targets = office.now(), first_targets(office.now())
    for paper in papers:
        check_member(paper.member, [paper.code], None)
        admit(targets, paper.code, _key(paper.member.key), [paper.code])
    members = tuple(paper.member for paper in papers)
    return _signed(office, charter, make_root(charter, 1, now), targets, members, None)


def propose_change(
    office: Office, others: Sequence[FounderPaper], without: Iterable[str], threshold: int | None
) -> Signed:
    """The next root: founders replaced or added by their papers, left out by their codes.

    Without any change it is the same again, to live longer. Targets are signed anew, so that
    they stand under the new founders.
    """
    standing = office.standing()
    before = charter_of(root_of(standing))
    gone = {*without, *(paper.code for paper in others)}
    stay = [founder for founder in before.founders if founder.code not in gone]
    founders = (*stay, *map(_founder, others))
    charter = Charter(before.name, before.suite, threshold or before.threshold, founders)
    _refuse(charter.mistakes())
    now = office.now()
    root = make_root(charter, standing.versions["root"] + 1, now)
    targets = next_targets(targets_of(standing), now)
    return _signed(office, charter, root, targets, (), standing)


# --- invite and join ------------------------------------------------------------------------------


def invite(office: Office, code: str, jurisdictions: Sequence[str]) -> Invitation:
    """What the city `code` needs in order to join; it proves nothing and promises nothing."""
    standing = office.standing()
    roots = [
        standing.files[path].decode()
        for version in range(1, standing.versions["root"] + 1)
        if (path := layout.metadata_path("root", version)) in standing.files
    ]
    settings = office.folder.settings.trust
    own = standing.members.get(office.code)
    mirrors = [*(f"{own.address.rstrip('/')}/trust" for own in [own] if own), *settings.mirrors]
    return Invitation(
        federation=charter_of(root_of(standing)).name,
        code=code,
        jurisdictions=tuple(jurisdictions),
        mirrors=tuple(name for name in dict.fromkeys(mirrors) if name.startswith("http")),
        roots=tuple(roots),
    )


def invited_root(invitation: Invitation) -> Metadata[Root]:
    """The newest root of an invitation, which must hold by itself. Raises TrustRefused."""
    root = parse_root(invitation.roots[-1])
    charter_of(root.signed)
    return root


def join(office: Office, invitation: Invitation) -> MemberPaper:
    """Take the invitation's root file up, and sign our own file with a key of our own."""
    if invitation.code != office.code:
        raise invalid(f"the invitation is for {invitation.code}, and this is {office.code}")
    root = invited_root(invitation)
    member, _ = office.entry()
    if beyond := claimed_beyond(member, invitation.jurisdictions):
        raise TrustRefused(", ".join(beyond), code="trust.jurisdiction", member=office.code)
    keep_root(office, invitation.roots)
    office.note(mirrors=invitation.mirrors)
    return office.paper(1, charter_of(root.signed).suite)


def keep_root(office: Office, roots: Sequence[str]) -> None:
    """Make the newest of `roots` our root file; one that is there is not replaced."""
    newest = roots[-1].encode()
    if office.anchor.exists():
        if office.anchor.read_bytes() != newest:
            raise not_now(f"there is another root file already: {office.anchor}")
        return
    folder = office.copy.folder / layout.METADATA
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    for text in roots:  # older ones serve those who start from them
        version = parse_root(text).signed.version
        write_atomically(folder / f"{version}.root.json", text.encode(), mode=0o644)
    write_atomically(office.anchor, newest, mode=0o644)


# --- approve --------------------------------------------------------------------------------------


def propose_member(office: Office, paper: MemberPaper, jurisdictions: Sequence[str]) -> Signed:
    """Targets with a seat for the member of `paper`, signed by us."""
    standing = office.standing()
    check_member(paper, jurisdictions, standing)
    targets = next_targets(targets_of(standing), office.now())
    admit(targets, paper.code, _key(paper.key), jurisdictions)
    charter = charter_of(root_of(standing))
    return _signed(office, charter, None, targets, (paper,), standing)


def approve(office: Office, proposal: Proposal) -> Signed:
    """Add our signatures to a proposal of another founder, after the same checks as ours."""
    standing = office.standing() if office.anchor.exists() else None
    root, targets = parse_proposal(proposal)
    _check_next(root, targets, standing)
    for paper in proposal.members:
        role = (targets.signed.delegations.roles or {}).get(paper.code)  # type: ignore[union-attr]
        given = role.unrecognized_fields.get("jurisdictions", []) if role else []
        check_member(paper, given, standing)
    keys = office.founding_keys()
    added = _sign_both(keys, root, targets, standing)
    if not added:
        raise not_now("none of our keys is a founding key of this federation")
    if root is not None and standing is None:
        office.note(approved_root=root_digest(root))
    charter = charter_of(root.signed if root is not None else root_of(_there(standing)))
    return _count(proposal.federation, charter, root, targets, proposal.members)


def check_member(paper: MemberPaper, given: Sequence[str], standing: Standing | None) -> Member:
    """The file in a paper: signed by the key in it, readable, within what it is given, and not
    taking away a key that was published. Raises Wrong."""
    try:
        key = _key(paper.key)
        role = Metadata[Targets].from_bytes(paper.role.encode())
        key.verify_signature(role.signatures[key.keyid], role.signed_bytes)
        info = role.signed.targets[layout.member_target(paper.code)]
        info.verify_length_and_hashes(paper.member.encode())
        member = read_member(paper.member.encode())
    except _UNREADABLE as error:
        raise invalid(f"{paper.code}: {error or type(error).__name__}") from None
    if member.code != paper.code:
        raise invalid(f"the file of {paper.code} is one of {member.code}")
    if beyond := claimed_beyond(member, given):
        raise TrustRefused(", ".join(beyond), code="trust.jurisdiction", member=paper.code)
    before = standing.members.get(paper.code) if standing is not None else None
    if before is not None and (broken := broken_rules(before, member)):
        raise TrustRefused("; ".join(broken), code="trust.key_removed", member=paper.code)
    return member


def parse_proposal(proposal: Proposal) -> tuple[Metadata[Root] | None, Metadata[Targets]]:
    """The metadata in a proposal, read and not trusted. Raises Wrong."""
    try:
        targets = Metadata[Targets].from_bytes(proposal.targets.encode())
        if not isinstance(targets.signed, Targets) or targets.signed.delegations is None:
            raise ValueError("no targets")
    except _UNREADABLE as error:
        raise invalid(f"the targets of the proposal: {error}") from None
    return (parse_root(proposal.root) if proposal.root is not None else None), targets


def parse_root(text: str) -> Metadata[Root]:
    """A root file, read and not trusted. Raises Wrong."""
    try:
        root = Metadata[Root].from_bytes(text.encode())
        mistakes = broken_root(root.signed) if isinstance(root.signed, Root) else ["no root"]
    except _UNREADABLE as error:
        raise invalid(f"the root: {error}") from None
    _refuse(mistakes)
    return root


def _check_next(
    root: Metadata[Root] | None, targets: Metadata[Targets], standing: Standing | None
) -> None:
    """A proposal follows on what is published, or it was made from an older state."""
    versions = standing.versions if standing is not None else {"root": 0, "targets": 0}
    if standing is None and root is None:
        raise not_now("the proposal is of a federation that is not known here")
    if root is not None and root.signed.version != versions["root"] + 1:
        raise not_now(
            f"the proposal is root {root.signed.version}, and {versions['root']} is published"
        )
    if targets.signed.version != versions["targets"] + 1:
        raise not_now(
            f"the proposal is targets {targets.signed.version}, "
            f"and {versions['targets']} is published: propose it again"
        )


def _signed(
    office: Office,
    charter: Charter,
    root: Root | None,
    targets: Targets,
    members: tuple[MemberPaper, ...],
    standing: Standing | None,
) -> Signed:
    root_file, targets_file = sign(root) if root is not None else None, sign(targets)
    if not _sign_both(office.founding_keys(), root_file, targets_file, standing):
        raise not_now("none of our keys is a founding key of this federation")
    if root_file is not None and standing is None:
        office.note(approved_root=root_digest(root_file))
    return _count(charter.name, charter, root_file, targets_file, members)


def _sign_both(
    keys: Sequence[SigningKey],
    root: Metadata[Root] | None,
    targets: Metadata[Targets],
    standing: Standing | None,
) -> bool:
    """Sign with every key of ours that counts: for a root, those of the root before too."""
    known = root_of(standing).roles["root"].keyids if standing is not None else []
    new = root.signed.roles["root"].keyids if root is not None else known
    if root is not None:
        add_signatures(root, *ours_among(keys, [*known, *new]))
    add_signatures(targets, *ours_among(keys, new))
    return bool(ours_among(keys, [*known, *new]))


def _count(
    name: str,
    charter: Charter,
    root: Metadata[Root] | None,
    targets: Metadata[Targets],
    members: tuple[MemberPaper, ...],
) -> Signed:
    founding = {founder.founding.keyid for founder in charter.founders}
    proposal = Proposal(
        federation=name,
        root=root.to_bytes().decode() if root is not None else None,
        targets=targets.to_bytes().decode(),
        members=members,
    )
    return Signed(proposal, charter, len(founding & set(targets.signatures)), root is not None)


def _there(standing: Standing | None) -> Standing:
    if standing is None:
        raise not_now("there is no copy of the federation here")
    return standing


def _founder(paper: FounderPaper) -> Founder:
    return Founder(paper.code, paper.name, _key(paper.founding), _key(paper.publishing))


def _key(plain: dict[str, Any]) -> Key:
    """A key as TUF writes it; its name is made anew and not believed. Raises Wrong."""
    try:
        key = Key.from_dict("", dict(plain))
        return tuf_keys.named(key)
    except _UNREADABLE as error:
        raise invalid(f"a key: {error}") from None


def _public(key: SigningKey) -> dict[str, Any]:
    plain: dict[str, Any] = tuf_keys.tuf_key(key.public()).to_dict()
    return plain


def _refuse(mistakes: Sequence[str]) -> None:
    if mistakes:
        raise invalid("; ".join(mistakes))
