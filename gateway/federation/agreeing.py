"""Found, join, approve: what k of n founders sign, made and signed one city after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from securesystemslib.exceptions import Error as KeyFault
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
from gateway.federation.scrutiny import (
    check_member,
    check_proposal,
    key_of,
    parse_proposal,
    parse_root,
    refuse,
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
from keys.trust.federation.rules import claimed_beyond
from keys.trust.federation.standing import Standing

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
    refuse(charter.mistakes())
    now, targets = office.now(), first_targets(office.now())
    for paper in papers:
        check_member(paper.member, [paper.code], None)
        admit(targets, paper.code, key_of(paper.member.key), [paper.code])
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
    refuse(charter.mistakes())
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


def rejoin(office: Office) -> MemberPaper:
    """Ask for our seat with a new key of ours: the old one is lost, or others may have it."""
    standing = office.standing()
    if office.code not in standing.members:
        raise not_now(f"{office.code} is not a member: join with an invitation")
    office.new_member_key()
    version = standing.versions.get(office.code, 0) + 1
    return office.paper(version, charter_of(root_of(standing)).suite)


def keep_root(office: Office, roots: Sequence[str]) -> None:
    """Make the newest of `roots` our root file; one that is there is not replaced."""
    newest = roots[-1].encode()
    if office.anchor.exists():
        if office.anchor.read_bytes() != newest:
            raise not_now(f"there is another root file already: {office.anchor}")
        return
    folder = office.copy.folder / layout.METADATA
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    last = parse_root(roots[-1]).signed.version
    for text in roots:  # older ones serve those who start from them
        version = parse_root(text).signed.version
        if version < last:
            write_atomically(folder / f"{version}.root.json", text.encode(), mode=0o644)
    write_atomically(office.anchor, newest, mode=0o644)


# --- approve --------------------------------------------------------------------------------------


def propose_member(office: Office, paper: MemberPaper, jurisdictions: Sequence[str]) -> Signed:
    """Targets with a seat for the member of `paper`, signed by us."""
    standing = office.standing()
    check_member(paper, jurisdictions, standing)
    targets = next_targets(targets_of(standing), office.now())
    admit(targets, paper.code, key_of(paper.key), jurisdictions)
    charter = charter_of(root_of(standing))
    return _signed(office, charter, None, targets, (paper,), standing)


def approve(office: Office, proposal: Proposal) -> Signed:
    """Add our signatures to a proposal of another founder, after the same checks as ours."""
    standing = office.standing() if office.anchor.exists() else None
    root, targets = parse_proposal(proposal)
    check_proposal(root, targets, proposal.members, standing, office.now())
    keys = office.founding_keys()
    added = _sign_both(keys, root, targets, standing)
    if not added:
        raise not_now("none of our keys is a founding key of this federation")
    if root is not None and standing is None:
        office.note(approved_root=root_digest(root))
    charter = charter_of(root.signed if root is not None else root_of(_there(standing)))
    return _count(proposal.federation, charter, root, targets, proposal.members)


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
    return Founder(paper.code, paper.name, key_of(paper.founding), key_of(paper.publishing))


def _public(key: SigningKey) -> dict[str, Any]:
    plain: dict[str, Any] = tuf_keys.tuf_key(key.public()).to_dict()
    return plain
