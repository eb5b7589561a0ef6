"""Cities whose gateways run as processes, members of one federation."""

from collections.abc import Sequence

from gateway import config
from gateway.federation import agreeing, copying, publishing
from gateway.federation.office import Office
from tests.processes.city import City

QUICK = {"TONGBAN_TRUST__REFRESH_S": "1"}
"""News is waited for by the second."""


def found(cities: Sequence[City], threshold: int) -> list[Office]:
    """Found a federation of these cities, and let their settings name it.

    The first has published it; the others have its root file and no copy yet.
    """
    offices = [Office(config.load(city.folder)) for city in cities]
    first, *others = offices
    papers = [agreeing.founder_paper(each) for each in others]
    proposal = agreeing.propose_founding(first, "测试", "sm", threshold, papers).proposal
    for each in others:
        proposal = agreeing.approve(each, proposal).proposal
    publishing.publish(first, [proposal], [])
    root = first.anchor.read_text()
    for city, each in zip(cities, offices, strict=True):
        if each is not first:
            agreeing.keep_root(each, [root])
        mirrors = [f"{other.url}/trust" for other in cities if other is not city]
        names_federation(each, mirrors)
        city.env.update(QUICK)
    return offices


def start_all(cities: Sequence[City]) -> None:
    """The first, which has a copy, and then the others, which get theirs from it."""
    first, *others = cities
    first.start().ready()
    for city in others:
        city.start()
    for city in others:
        city.ready()


def names_federation(office: Office, mirrors: Sequence[str]) -> None:
    """Settings as `tongban federation mirror` writes them, with mirrors of the test's choice."""
    office.note(mirrors=tuple(mirrors))
    file = office.folder.folder / config.FILE_NAME
    table = "[trust]\n" + "\n".join(copying.settings_lines(office)) + "\n"
    text = file.read_text().replace('[trust]\nmembers = "members.json"\n', table)
    assert table in text
    file.write_text(text)
