"""What a founder looks at before it signs: nothing may be signed that was not shown.

A proposal comes from another city, and its text is what gets signed. So it is compared with what
is published: every difference must be one that the proposal names.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from securesystemslib.exceptions import Error as KeyFault
from securesystemslib.signer import Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import DelegatedRole, Metadata, Root, Targets

from contracts.errors import TrustRefused
from gateway.federation.papers import MemberPaper, Proposal, invalid, not_now
from keys.trust.federation import layout, tuf_keys
from keys.trust.federation.charter import charter_of
from keys.trust.federation.making import make_root
from keys.trust.federation.published import read_catalogue, read_member
from keys.trust.federation.rules import broken_root, claimed_beyond, jurisdictions_given
from keys.trust.federation.standing import Standing
from keys.trust.member import Member
from keys.trust.succession import broken_rules

_UNREADABLE = (RepositoryError, KeyFault, ValueError, KeyError, TypeError, AttributeError)
_SLACK = timedelta(days=1)
"""Between the clocks of two founders."""

tuf_keys.register()


def check_member(paper: MemberPaper, given: Sequence[str], standing: Standing | None) -> Member:
    """The file in a paper: signed by the key in it, readable, within what it is given, and not
    taking away a key that was published. Raises Wrong."""
    try:
        key = key_of(paper.key)
        role = Metadata[Targets].from_bytes(paper.role.encode())
        key.verify_signature(role.signatures[key.keyid], role.signed_bytes)
        info = role.signed.targets[layout.member_target(paper.code)]
        info.verify_length_and_hashes(paper.member.encode())
        member = read_member(paper.member.encode())
        _check_catalogue(role.signed, paper)
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


def _check_catalogue(role: Targets, paper: MemberPaper) -> None:
    """It is the one that the role is over. Raises ValueError, KeyError, RepositoryError."""
    target = layout.catalogue_target(paper.code)
    if paper.catalogue is None:
        if target in role.targets:
            raise ValueError("the catalogue that is signed is missing")
        return
    role.targets[target].verify_length_and_hashes(paper.catalogue.encode())
    read_catalogue(paper.catalogue.encode())


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
    refuse(mistakes)
    return root


def check_next(
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


def check_proposal(
    root: Metadata[Root] | None,
    targets: Metadata[Targets],
    members: Sequence[MemberPaper],
    standing: Standing | None,
    now: datetime,
) -> None:
    """Whether a proposal says what it shows, and nothing else. Raises Wrong."""
    check_next(root, targets, standing)
    if root is not None:
        refuse(_hidden_in_root(root.signed, now))
    refuse(_hidden_in_targets(targets.signed, members, standing, now))
    roles = roles_of(targets.signed)
    for paper in members:
        check_member(paper, jurisdictions_given(roles[paper.code]), standing)


def roles_of(targets: Targets) -> Mapping[str, DelegatedRole]:
    """The seats, by their names."""
    delegations = targets.delegations
    return (delegations.roles if delegations is not None else None) or {}


def regions_of(standing: Standing, code: str) -> Sequence[str]:
    """What the seat of a member gives it now; its own city where it has none."""
    targets = _published(standing)
    role = roles_of(targets).get(code) if targets is not None else None
    return jurisdictions_given(role) if role is not None else (code,)


def _hidden_in_root(root: Root, now: datetime) -> list[str]:
    """A root is all that its charter says, and made as we make one; only its end is its own."""
    made = make_root(charter_of(root), root.version, now)
    made.expires = min(root.expires, now + layout.ROOT_LIFE + _SLACK)
    made.spec_version = root.spec_version
    return [] if made == root else ["the root says more, or lives longer, than it shows"]


def _hidden_in_targets(
    targets: Targets, members: Sequence[MemberPaper], standing: Standing | None, now: datetime
) -> list[str]:
    """One sentence for each change of a seat that no paper of the proposal is about."""
    shown = {paper.code: key_of(paper.key) for paper in members}
    before = _published(standing)
    seats, old = roles_of(targets), roles_of(before) if before is not None else {}
    found = [f"{code}: its seat is gone" for code in old.keys() - seats.keys()]
    for code, role in seats.items():
        if code in shown:
            expected = DelegatedRole(
                code,
                [shown[code].keyid],
                1,
                terminating=True,
                paths=layout.delegated_paths(code),
                unrecognized_fields={"jurisdictions": list(jurisdictions_given(role))},
            )
            if role != expected or _keys(targets, role) != [shown[code]]:
                found.append(f"{code}: its seat is not what its paper asks for")
        elif before is None or code not in old or role != old[code]:
            found.append(f"{code}: its seat is changed, and nothing is shown of it")
        elif _keys(targets, role) != _keys(before, old[code]):
            found.append(f"{code}: its key is changed, and nothing is shown of it")
    found += [f"{code}: its paper has no seat" for code in shown.keys() - seats.keys()]
    if targets.targets or targets.unrecognized_fields:
        found.append("targets name files of their own")
    if targets.expires > now + layout.TARGETS_LIFE + _SLACK:
        found.append("targets live longer than is agreed")
    return found


def _keys(targets: Targets, role: DelegatedRole) -> list[Key | None]:
    delegations = targets.delegations
    known = delegations.keys if delegations is not None else {}
    return [known.get(keyid) for keyid in role.keyids]


def _published(standing: Standing | None) -> Targets | None:
    if standing is None:
        return None
    path = layout.metadata_path("targets", standing.versions["targets"])
    return Metadata[Targets].from_bytes(standing.files[path]).signed


def key_of(plain: dict[str, Any]) -> Key:
    """A key as TUF writes it; its name is made anew and not believed. Raises Wrong."""
    try:
        key = Key.from_dict("", dict(plain))
        return tuf_keys.named(key)
    except _UNREADABLE as error:
        raise invalid(f"a key: {error}") from None


def refuse(mistakes: Sequence[str]) -> None:
    if mistakes:
        raise invalid("; ".join(mistakes))
