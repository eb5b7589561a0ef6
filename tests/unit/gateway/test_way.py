"""Which of a partner's addresses is used, as time goes by."""

from gateway.links.way import BACK_AFTER_S, Way

ALL = ["https://one", "https://two", "https://three"]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_is_preferred_and_what_worked_is_kept_for_a_while() -> None:
    clock = Clock()
    way = Way(clock)
    assert way.order(ALL) == ALL
    way.worked("https://two")
    assert way.order(ALL) == ["https://two", "https://one", "https://three"]
    clock.now = BACK_AFTER_S - 1
    way.worked("https://two")
    clock.now = BACK_AFTER_S
    assert way.order(ALL) == ALL, "the first is tried again, however well the second does"
    way.worked("https://two")
    assert way.order(ALL)[0] == "https://two", "in vain"


def test_one_that_gave_no_whole_answer_is_followed_by_the_next() -> None:
    way = Way(Clock())
    for failed, following in zip(ALL, [*ALL[1:], ALL[0]], strict=True):
        way.failed(failed, ALL)
        assert way.order(ALL)[0] == following


def test_an_address_that_is_published_no_more_is_forgotten() -> None:
    way = Way(Clock())
    way.worked("https://two")
    assert way.order(["https://one", "https://four"]) == ["https://one", "https://four"]
    way.failed("https://gone", ["https://one", "https://four"])
    assert way.order(["https://one", "https://four"])[0] == "https://one"
