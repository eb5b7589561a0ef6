"""Whether all of it holds: every signature in every store, and both sides of every message.

A `Ledger` is what one city's store says, with every seal, path and receipt in it verified
anew. `audit` lays the ledgers side by side. It knows nothing of the demonstration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.errors import Wrong
from gateway.cli.language import say
from gateway.cli.wording import city_name, kind_name
from gateway.evidence.verify import Proven
from gateway.exchange.proof import Prove
from gateway.ports import Store
from gateway.records import CaseRecord, Direction, Incident, MessageRecord, MessageState
from keys.trust.trust_list import TrustList

_MOST = 1_000_000
LOSS = "document.not_carried"
"""The incident of a translation that could not say everything: seen, and no fault."""

Key = tuple[str, str]  # sender, message id


@dataclass
class Ledger:
    """One city's store. `faults` are the checks that failed while it was read."""

    code: str
    cases: dict[str, CaseRecord] = field(default_factory=dict)
    messages: dict[Key, MessageRecord] = field(default_factory=dict)
    seals: set[str] = field(default_factory=set)  # `jti` of those whose signature holds
    paths: int = 0  # leaves that were shown to be under a seal
    incidents: list[Incident] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Audit:
    """The counts over all cities, and everything that does not hold."""

    cases: int
    messages: int
    receipts: int
    signatures: int
    paths: int
    losses: int
    incidents: int
    faults: tuple[str, ...]


async def read_ledger(code: str, store: Store, trust: TrustList) -> Ledger:
    """Read and verify a whole store."""
    ledger = Ledger(code, incidents=await store.incidents(limit=_MOST))
    prove = Prove(store, trust, code)
    for case in await store.cases(before=None, limit=_MOST):
        ledger.cases[case.id] = case
        for message in await store.messages(case.id):
            ledger.messages[message.sender, message.id] = message
            await _verify(ledger, prove, message)
    for lane in await store.backlog():
        ledger.faults.append(
            say(
                f"{city_name(code)}: {lane.lane} 尚有 {lane.depth} 份未处理",
                f"{city_name(code)}: {lane.depth} left in {lane.lane}",
            )
        )
    return ledger


def audit(ledgers: Sequence[Ledger]) -> Audit:
    """Lay the ledgers side by side. Pure."""
    by_code = {ledger.code: ledger for ledger in ledgers}
    faults = [fault for ledger in ledgers for fault in ledger.faults]
    keys = sorted({key for ledger in ledgers for key in ledger.messages})
    cases = sorted({case for ledger in ledgers for case in ledger.cases})
    for key in keys:
        faults.extend(_compare_message(key, by_code))
    for case in cases:
        faults.extend(_compare_case(case, by_code))
    incidents = [(ledger.code, one) for ledger in ledgers for one in ledger.incidents]
    wrong = [(code, one) for code, one in incidents if one.code != LOSS]
    faults.extend(f"{city_name(code)}: {one.code}: {one.detail}" for code, one in wrong)
    sent = [m for ledger in ledgers for m in ledger.messages.values() if _is_out(m)]
    return Audit(
        cases=len(cases),
        messages=len(keys),
        receipts=sum(message.receipt is not None for message in sent),
        signatures=sum(len(ledger.seals) for ledger in ledgers),
        paths=sum(ledger.paths for ledger in ledgers),
        losses=len(incidents) - len(wrong),
        incidents=len(wrong),
        faults=tuple(faults),
    )


async def _verify(ledger: Ledger, prove: Prove, message: MessageRecord) -> None:
    try:
        proven = await prove(message)
    except Wrong as error:
        ledger.faults.append(f"{city_name(ledger.code)}: {_called(message)}: {error}")
        return
    if proven is not None:
        _count(ledger, proven)


def _count(ledger: Ledger, proven: Proven) -> None:
    for seal in (proven.batch, proven.receipts):
        if seal is not None:
            ledger.seals.add(seal.jti)
            ledger.paths += 1


def _compare_message(key: Key, ledgers: Mapping[str, Ledger]) -> list[str]:
    """Both sides hold the same bytes, and the same receipt that says they were taken."""
    held = [ledger.messages[key] for ledger in ledgers.values() if key in ledger.messages]
    message = held[0]
    called = _called(message)
    faults = [
        say(f"{city_name(code)}: 缺少{called}", f"{city_name(code)}: lacks {called}")
        for code in (message.sender, message.receiver)
        if code not in ledgers or key not in ledgers[code].messages
    ]
    if any(m.state is not MessageState.TAKEN for m in held):
        faults.append(say(f"{called}: 未收妥", f"{called}: not taken"))
    if any(m.envelope != message.envelope or m.digest != message.digest for m in held):
        faults.append(say(f"{called}: 两侧信封不同", f"{called}: two envelopes"))
    if any(m.receipt is None or m.receipt != message.receipt for m in held):
        faults.append(say(f"{called}: 两侧回执不同", f"{called}: two receipts, or none"))
    return faults


def _compare_case(case_id: str, ledgers: Mapping[str, Ledger]) -> list[str]:
    """Both sides say the same of a case, and what one sent the other has taken."""
    held = {code: one.cases[case_id] for code, one in ledgers.items() if case_id in one.cases}
    called = say(f"办件 {case_id}", f"case {case_id}")
    faults = []
    for code, record in held.items():
        other = held.get(record.partner)
        if other is None:
            who = city_name(record.partner)
            faults.append(say(f"{called}: {who}没有此件", f"{called}: {who} lacks it"))
        elif record.case != other.case:
            faults.append(say(f"{called}: 两侧状态不同", f"{called}: two states"))
        elif record.sent != other.taken:
            who = city_name(code)
            faults.append(say(f"{called}: {who}所发未全到", f"{called}: not all of {who} came"))
    return faults


def _is_out(message: MessageRecord) -> bool:
    return message.direction is Direction.OUT


def _called(message: MessageRecord) -> str:
    """`郑州市 → 广州市 受理 0192…`."""
    ways = f"{city_name(message.sender)} → {city_name(message.receiver)}"
    return f"{ways} {kind_name(message.kind)} {message.id}"
