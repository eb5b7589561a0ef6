"""The cases that are played: who says what in which order, in documents under `scripts/`."""

from dataclasses import dataclass

from contracts.case import State
from contracts.messages import Kind
from gateway.cli.language import say

ZHENGZHOU, GUANGZHOU, CHANGSHA, KAIFENG = "410100", "440100", "430100", "410200"


@dataclass(frozen=True, slots=True)
class Step:
    """`city` drops `document`; of it, the partner's system must get `brings`."""

    city: str
    document: str
    brings: tuple[Kind, ...]
    shown: bool = False  # what went in and what came out, next to each other


@dataclass(frozen=True, slots=True)
class Story:
    """One case. `applicant` is how the handling city's clerk tells it from the others."""

    name: str
    zh: str
    en: str
    receiving: str
    handling: str
    applicant: str
    steps: tuple[Step, ...]
    ends: State

    @property
    def title(self) -> str:
        return say(self.zh, self.en)


_K = Kind

STORIES: tuple[Story, ...] = (
    Story(
        "delivered",
        "办结送达: 郑州收件, 广州办理",
        "granted and delivered: Zhengzhou receives, Guangzhou handles",
        ZHENGZHOU,
        GUANGZHOU,
        "林晓岚",
        (
            Step(ZHENGZHOU, "1-submit.jsonl", (_K.SUBMIT,), shown=True),
            Step(GUANGZHOU, "2-receive.xml", (_K.RECEIVE,)),
            Step(GUANGZHOU, "3-accept.xml", (_K.ACCEPT,)),
            Step(GUANGZHOU, "4-progress.xml", (_K.PROGRESS,)),
            Step(GUANGZHOU, "5-close.xml", (_K.DECIDE, _K.CLOSE), shown=True),
            Step(ZHENGZHOU, "6-deliver.jsonl", (_K.DELIVER,)),
        ),
        State.DELIVERED,
    ),
    Story(
        "corrected",
        "一次补正: 广州收件, 郑州办理",
        "corrected once: Guangzhou receives, Zhengzhou handles",
        GUANGZHOU,
        ZHENGZHOU,
        "黎志远",
        (
            Step(GUANGZHOU, "1-submit.xml", (_K.SUBMIT,), shown=True),
            Step(ZHENGZHOU, "2-receive.jsonl", (_K.RECEIVE,)),
            Step(ZHENGZHOU, "3-request-correction.jsonl", (_K.REQUEST_CORRECTION,)),
            Step(GUANGZHOU, "4-correct.xml", (_K.CORRECT,)),
            Step(ZHENGZHOU, "5-accept.jsonl", (_K.ACCEPT,)),
            Step(ZHENGZHOU, "6-decide.jsonl", (_K.DECIDE,), shown=True),
            Step(ZHENGZHOU, "7-close.jsonl", (_K.CLOSE,)),
            Step(GUANGZHOU, "8-deliver.xml", (_K.DELIVER,)),
        ),
        State.DELIVERED,
    ),
    Story(
        "declined",
        "不予受理: 长沙收件, 开封办理",
        "declined: Changsha receives, Kaifeng handles",
        CHANGSHA,
        KAIFENG,
        "唐婉清",
        (
            Step(CHANGSHA, "1-submit.xml", (_K.SUBMIT,), shown=True),
            Step(KAIFENG, "2-receive.xml", (_K.RECEIVE,)),
            Step(KAIFENG, "3-decline.xml", (_K.DECLINE,), shown=True),
        ),
        State.DECLINED,
    ),
    Story(
        "withdrawn",
        "催办后撤回: 郑州收件, 长沙办理",
        "reminded, then withdrawn: Zhengzhou receives, Changsha handles",
        ZHENGZHOU,
        CHANGSHA,
        "周子昂",
        (
            Step(ZHENGZHOU, "1-submit.jsonl", (_K.SUBMIT,), shown=True),
            Step(CHANGSHA, "2-receive.xml", (_K.RECEIVE,)),
            Step(ZHENGZHOU, "3-remind.jsonl", (_K.REMIND,)),
            Step(ZHENGZHOU, "4-withdraw.jsonl", (_K.WITHDRAW,)),
            Step(CHANGSHA, "5-terminate.xml", (_K.TERMINATE,), shown=True),
        ),
        State.WITHDRAWN,
    ),
    Story(
        "suspended",
        "特别程序: 开封收件, 广州办理",
        "suspended and resumed: Kaifeng receives, Guangzhou handles",
        KAIFENG,
        GUANGZHOU,
        "开封汴京环保科技有限公司",
        (
            Step(KAIFENG, "1-submit.xml", (_K.SUBMIT,), shown=True),
            Step(GUANGZHOU, "2-receive.xml", (_K.RECEIVE,)),
            Step(GUANGZHOU, "3-accept.xml", (_K.ACCEPT,)),
            Step(GUANGZHOU, "4-suspend.xml", (_K.SUSPEND,)),
            Step(GUANGZHOU, "5-resume.xml", (_K.RESUME,)),
            Step(GUANGZHOU, "6-close.xml", (_K.DECIDE, _K.CLOSE), shown=True),
        ),
        State.CLOSED,
    ),
    Story(
        "at_once",
        "即办与好差评: 长沙收件, 郑州办理",
        "at once, and evaluated: Changsha receives, Zhengzhou handles",
        CHANGSHA,
        ZHENGZHOU,
        "唐婉清",
        (
            Step(CHANGSHA, "1-submit.xml", (_K.SUBMIT,), shown=True),
            Step(
                ZHENGZHOU,
                "2-whole-case.jsonl",
                (_K.RECEIVE, _K.ACCEPT, _K.DECIDE, _K.CLOSE),
                shown=True,
            ),
            Step(CHANGSHA, "3-deliver.xml", (_K.DELIVER,)),
            Step(CHANGSHA, "4-evaluate.xml", (_K.EVALUATE,)),
            Step(ZHENGZHOU, "5-answer.jsonl", (_K.ANSWER_EVALUATION,)),
        ),
        State.DELIVERED,
    ),
)
