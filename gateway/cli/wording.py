"""What codes, states and kinds are called by whoever reads them, in both languages."""

from datetime import UTC, datetime

from contracts.case import State
from contracts.codes.region import region
from contracts.errors import REASONS, CodeInvalid
from contracts.messages import Kind
from contracts.working_days import BEIJING
from gateway.cli.language import say
from gateway.evidence.witness import Kind as WitnessKind
from gateway.evidence.witness import Witness
from gateway.records import MessageState

_KINDS = {
    Kind.SUBMIT: "提交",
    Kind.RECEIVE: "收件",
    Kind.REQUEST_CORRECTION: "补正告知",
    Kind.CORRECT: "补正",
    Kind.ACCEPT: "受理",
    Kind.DECLINE: "不予受理",
    Kind.SUSPEND: "特别程序开始",
    Kind.RESUME: "特别程序结束",
    Kind.PROGRESS: "环节",
    Kind.DECIDE: "审批决定",
    Kind.CLOSE: "办结",
    Kind.DELIVER: "送达",
    Kind.WITHDRAW: "申请撤回",
    Kind.TERMINATE: "终止",
    Kind.REMIND: "催办",
    Kind.EVALUATE: "好差评",
    Kind.ANSWER_EVALUATION: "评价答复",
}

_OUTCOMES = {
    MessageState.QUEUED: ("待发", "waiting"),
    MessageState.TAKEN: ("已收妥", "taken"),
    MessageState.REFUSED: ("被拒收", "refused"),
    MessageState.EXPIRED: ("已逾期", "expired"),
    MessageState.RETURNED: ("已退回", "taken back"),
}


def kind_name(kind: str) -> str:
    """`受理`, or `accept`; a kind that we do not know is called what its sender calls it."""
    if kind not in _KINDS:
        return kind
    return say(_KINDS[Kind(kind)], kind.removeprefix("case.").replace("_", " "))


def state_name(state: State | None) -> str:
    """`已受理`, or `accepted`; None: the submission itself was refused."""
    if state is None:
        return say("未立案", "never opened")
    return say(state.zh, state.value)


def witness_name(witness: Witness) -> str:
    """`广州市回执 …`: who had a seal in hand whose own key is no longer believed, and when."""
    what = {
        WitnessKind.RECEIPT: say("回执", "receipt"),
        WitnessKind.RECORD: say("收件记录 (未签名)", "own record (unsigned)"),
    }[witness.kind]
    return f"{city_name(witness.city)} {what} {full_clock(witness.at)}"


def outcome_name(state: MessageState) -> str:
    """What became of a message."""
    return say(*_OUTCOMES[state])


def reason_name(code: str) -> str:
    """A code of an error, in words."""
    reason = REASONS.get(code)
    return say(reason.zh, reason.en) if reason else code


def city_name(code: str) -> str:
    """`郑州市`; a code without a name stands for itself. English readers get the code too."""
    try:
        name = region(code).name
    except CodeInvalid:
        return code
    return say(name, f"{name} {code}")


def clock(milliseconds: int) -> str:
    """Beijing time to the second: `11-24 16:18:30`."""
    return f"{beijing(milliseconds):%m-%d %H:%M:%S}"


def full_clock(moment: datetime) -> str:
    """Beijing time with its date: `2026-11-24 16:18:30`."""
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def beijing(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(BEIJING)
