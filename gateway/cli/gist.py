"""What an opened message says, in one line."""

from collections.abc import Callable, Iterable
from typing import Any

from contracts.case import Outcome, ResultCertificate
from contracts.messages import (
    AcceptBody,
    AnswerEvaluationBody,
    CloseBody,
    CorrectBody,
    DecideBody,
    DeclineBody,
    DeliverBody,
    EvaluateBody,
    ProgressBody,
    ReceiveBody,
    RemindBody,
    RequestCorrectionBody,
    ResumeBody,
    SubmitBody,
    SuspendBody,
    TerminateBody,
    WithdrawBody,
)
from contracts.model import Model
from gateway.cli.language import say
from gateway.cli.wording import full_clock
from gateway.exchange.open_message import Opened

Words = Iterable[str | None]


def gist(opened: Opened) -> str:
    """The few words that a clerk would want; empty when there are none."""
    teller = _TELLERS.get(type(opened.body))
    words = [word for word in (teller(opened.body) if teller else ()) if word]
    return " · ".join(words)


def _submit(body: SubmitBody) -> Words:
    application = body.application
    yield application.matter.name
    yield application.applicant.name
    if application.materials:
        count = len(application.materials)
        yield say(f"材料 {count} 份", f"{count} materials")


def _receive(body: ReceiveBody) -> Words:
    return (_named("收件凭证", "slip", body.slip_number), body.case_number)


def _correction(body: RequestCorrectionBody) -> Words:
    return (body.reason, body.missing)


def _correct(body: CorrectBody) -> Words:
    return (*(material.name for material in body.materials), body.note)


def _accept(body: AcceptBody) -> Words:
    yield _named("受理文书", "document", body.document_number)
    if body.promised_at:
        yield _named("承诺办结", "promised", full_clock(body.promised_at))


def _decline(body: DeclineBody) -> Words:
    return (body.reason, _named("文书", "document", body.document_number))


def _suspend(body: SuspendBody) -> Words:
    return (body.name, body.reason)


def _progress(body: ProgressBody) -> Words:
    return (body.stage, body.opinion)


def _decide(body: DecideBody) -> Words:
    granted = body.decision.outcome is Outcome.GRANTED
    yield say("准予", "granted") if granted else say("不予", "refused")
    yield _named("文书", "document", body.decision.document_number)
    yield body.decision.reasons
    yield from _certificates(body.certificates)


def _close(body: CloseBody) -> Words:
    yield body.description or body.result.replace("_", " ")
    yield body.reason
    yield from _certificates(body.certificates)


def _certificates(certificates: Iterable[ResultCertificate]) -> Words:
    for certificate in certificates:
        yield f"{certificate.name} {certificate.number or ''}".rstrip()


def _deliver(body: DeliverBody) -> Words:
    return (
        say(*_WAYS.get(body.way, (body.way, body.way))),
        _named("领取人", "taken by", body.taker_name),
        _named("运单", "waybill", body.waybill),
    )


def _evaluate(body: EvaluateBody) -> Words:
    return (say(*_LEVELS.get(body.level, (body.level, body.level))), body.text)


def _named(zh: str, en: str, value: str | None) -> str | None:
    return f"{say(zh, en)} {value}" if value else None


_WAYS: dict[str, tuple[str, str]] = {
    "counter": ("窗口领取", "at the counter"),
    "courier": ("邮寄", "by courier"),
    "electronic": ("电子送达", "electronic"),
}

_LEVELS: dict[str, tuple[str, str]] = {
    "very_satisfied": ("非常满意", "very satisfied"),
    "satisfied": ("满意", "satisfied"),
    "basically_satisfied": ("基本满意", "basically satisfied"),
    "dissatisfied": ("不满意", "dissatisfied"),
    "very_dissatisfied": ("非常不满意", "very dissatisfied"),
}

_TELLERS: dict[type[Model], Callable[[Any], Words]] = {
    SubmitBody: _submit,
    ReceiveBody: _receive,
    RequestCorrectionBody: _correction,
    CorrectBody: _correct,
    AcceptBody: _accept,
    DeclineBody: _decline,
    SuspendBody: _suspend,
    ResumeBody: lambda body: (body.result,),
    ProgressBody: _progress,
    DecideBody: _decide,
    CloseBody: _close,
    DeliverBody: _deliver,
    WithdrawBody: lambda body: (body.reason,),
    TerminateBody: lambda body: (body.reason,),
    RemindBody: lambda body: (body.note,),
    EvaluateBody: _evaluate,
    AnswerEvaluationBody: lambda body: (body.text,),
}
