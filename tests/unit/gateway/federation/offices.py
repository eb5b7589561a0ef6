"""Offices of cities on one machine, and what they hand to each other."""

from collections.abc import Sequence
from pathlib import Path

from gateway import config
from gateway.federation import agreeing, copying, publishing
from gateway.federation.office import Office
from gateway.federation.papers import MemberPaper, Proposal, copy_paper
from gateway.member_folder import NewMember, make_member_folder
from gateway.metrics import Metrics
from gateway.simulation.clock import SimulatedClock
from keys.trust.federation.standing import Standing

NAME = "测试联盟"


def office(folder: Path, code: str, suite: str = "sm") -> Office:
    """A new member's."""
    make_member_folder(folder / code, NewMember(code, suite))
    return Office(config.load(folder / code))


def propose(offices: Sequence[Office], threshold: int, suite: str = "sm") -> Proposal:
    """A first root of all of them, signed by the first."""
    first, *others = offices
    papers = [agreeing.founder_paper(each) for each in others]
    return agreeing.propose_founding(first, NAME, suite, threshold, papers).proposal


def approved(proposal: Proposal, by: Sequence[Office]) -> Proposal:
    """Handed from one to the next."""
    for each in by:
        proposal = agreeing.approve(each, proposal).proposal
    return proposal


async def founded(offices: Sequence[Office], threshold: int, suite: str = "sm") -> Standing:
    """A federation of all of them, published by the first and copied by the others."""
    proposal = approved(propose(offices, threshold, suite), offices[1:])
    standing = publishing.publish(offices[0], [proposal], [])
    for each in offices[1:]:
        await brought(each, offices[0])
    return standing


async def brought(office: Office, source: Office) -> Standing:
    """The office after it copied from another's folder, as from a stick."""
    paper = copy_paper(copying.whole(source))
    mirror = copying.PaperMirror("stick", paper)
    (visit,) = await copying.refresh(office, [mirror], SimulatedClock(), Metrics())
    if visit.error is not None:
        raise visit.error
    return office.standing()


def seated(offices: Sequence[Office], request: MemberPaper) -> Standing:
    """A member taken in by all of these founders, and published by the first."""
    first, *others = offices
    proposal = agreeing.propose_member(first, request, [request.code]).proposal
    return publishing.publish(first, [approved(proposal, others)], [])
