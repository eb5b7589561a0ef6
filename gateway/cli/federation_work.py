"""What the commands of the federation do: read papers, show them, ask, and write the next."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from contracts.errors import TrustUnavailable, Wrong
from contracts.working_days import BEIJING
from gateway import config
from gateway.cli import federation_look as look
from gateway.cli.federation_texts import (
    confirm,
    confirm_leaving,
    remark_new_key,
    show_members,
    show_root,
    show_signed,
    tell,
)
from gateway.federation import agreeing, copying, leaving, publishing, scrutiny
from gateway.federation.office import Office
from gateway.federation.papers import (
    FounderPaper,
    Invitation,
    MemberPaper,
    Paper,
    Proposal,
    copy_paper,
    not_now,
    read_paper,
    write_paper,
)
from keys.trust.key_judgement import ClosedReason
from keys.trust.members_file import write_members


class Work:
    """One command at one city's office."""

    def __init__(self, home: Path) -> None:
        self._office = Office(config.load(home))

    def founder(self, *, new_keys: bool, output: Path | None) -> None:
        paper = agreeing.founder_paper(self._office, new_keys=new_keys)
        file = write_paper(output or Path(f"founder-{self._office.code}.json"), paper)
        tell("founder", file)
        show_root([paper])

    def found(
        self,
        files: Sequence[Path],
        without: Sequence[str],
        threshold: int | None,
        name: str,
        suite: str,
        output: Path | None,
    ) -> None:
        papers = [_founder(file) for file in files]
        show_root(papers)
        if self._office.anchor.exists():
            signed = agreeing.propose_change(self._office, papers, without, threshold)
        else:
            k = threshold or len(papers) + 1
            signed = agreeing.propose_founding(self._office, name, suite, k, papers)
        file = write_paper(output or Path("proposal-root.json"), signed.proposal)
        show_signed(signed, file)

    def invite(self, code: str, jurisdictions: Sequence[str], output: Path | None) -> None:
        invitation = agreeing.invite(self._office, code, jurisdictions)
        file = write_paper(output or Path(f"invitation-{code}.json"), invitation)
        show_root(agreeing.invited_root(invitation))
        tell("invited", file)

    def join(self, file: Path, output: Path | None, *, yes: bool) -> None:
        paper = read_paper(file)
        if not isinstance(paper, Invitation):
            raise _other(file, paper)
        show_root(agreeing.invited_root(paper))
        confirm(yes=yes)
        request = agreeing.join(self._office, paper)
        written = write_paper(output or Path(f"join-{self._office.code}.json"), request)
        show_members([request])
        tell("joining", written)

    def rejoin(self, output: Path | None) -> None:
        request = agreeing.rejoin(self._office)
        written = write_paper(output or Path(f"join-{self._office.code}.json"), request)
        show_members([request])
        tell("joining", written)

    def approve(
        self, file: Path, jurisdictions: Sequence[str] | None, output: Path | None, *, yes: bool
    ) -> None:
        paper = read_paper(file)
        if isinstance(paper, MemberPaper):
            standing = self._office.standing()
            given = jurisdictions or scrutiny.regions_of(standing, paper.code)
            scrutiny.check_member(paper, given, standing)
            show_members([paper], given)
            if paper.code in standing.members:
                remark_new_key()
            confirm(yes=yes)
            signed = agreeing.propose_member(self._office, paper, given)
        elif isinstance(paper, Proposal):
            root, targets = scrutiny.parse_proposal(paper)
            if root is not None:
                show_root(root)
            show_members(paper.members, targets=targets.signed)
            confirm(yes=yes)
            signed = agreeing.approve(self._office, paper)
        else:
            raise _other(file, paper)
        what = "root" if signed.root else "targets"
        place = output or Path(f"proposal-{what}-{self._office.code}.json")
        show_signed(signed, write_paper(place, signed.proposal))

    def publish(
        self, files: Sequence[Path], copy: Path | None, output: Path | None, *, offline: bool
    ) -> None:
        office = self._office
        papers = [(file, read_paper(file)) for file in files]
        for file, paper in papers:
            if not isinstance(paper, Proposal | MemberPaper):
                raise _other(file, paper)
        if office.anchor.exists() and not offline:
            look.refresh_now(office)
        before = office.standing() if office.anchor.exists() else None
        news = publishing.own_news(office, before) if before is not None else None
        if before is not None and news is not None and not publishing.can_publish(office, before):
            if papers:
                raise not_now("we hold no publishing key: only a founding city publishes")
            tell("handed", write_paper(output or Path(f"member-{office.code}.json"), news))
            return
        proposals = [paper for _, paper in papers if isinstance(paper, Proposal)]
        members = [paper for _, paper in papers if isinstance(paper, MemberPaper)]
        standing = publishing.publish(office, proposals, [*members, *([news] if news else [])])
        if copying.settle(office):
            tell("settled", office.folder.folder / config.FILE_NAME)
        if copy is not None:
            tell("copied", write_paper(copy, copy_paper(copying.whole(office))))
        look.show_standing(standing, office.now())

    def leave(
        self,
        code: str | None,
        why: str,
        at: datetime | None,
        output: Path | None,
        *,
        compromised: bool,
        yes: bool,
    ) -> None:
        reason = ClosedReason.COMPROMISED if compromised else ClosedReason.LEFT
        moment = datetime.now(UTC) if at is None else at.replace(tzinfo=BEIJING).astimezone(UTC)
        moment = moment.replace(microsecond=0)
        confirm_leaving(code or self._office.code, moment, yes=yes)
        if code is not None and code != self._office.code:
            request = leaving.end(self._office, code, why, moment, reason)
            written = write_paper(output or Path(f"leave-{code}.json"), request)
            show_members([request])
            tell("ending", written)
            return
        leaving.leave(self._office, why, moment, reason)
        self.publish([], None, output, offline=False)

    def show(self, members: Path | None) -> None:
        standing = self._office.standing()
        look.show_federation(standing, self._office.now())
        if members is not None:  # with those that left: old seals are judged by their keys
            known = {**self._office.copy.members(), **standing.members}
            write_members(members, list(known.values()))
            tell("listed", members)

    def mirror(self, source: str | None) -> None:
        office = self._office
        visits = asyncio.run(look.bring(office, source))
        look.show_visits(visits)
        federation = office.federation()
        try:
            federation.members()
        except TrustUnavailable as error:
            raise next((visit.error for visit in visits if visit.error), error) from None
        look.show_standing(office.standing(), office.now())
        if copying.settle(office):
            tell("settled", office.folder.folder / config.FILE_NAME)

    def check(self) -> bool:
        return asyncio.run(look.check(self._office))


def _founder(file: Path) -> FounderPaper:
    paper = read_paper(file)
    if not isinstance(paper, FounderPaper):
        raise _other(file, paper)
    return paper


def _other(file: Path, paper: Paper) -> Wrong:
    return not_now(f"{file} is a {paper.paper}, which this command does not take")
