"""Who writes a kind of message: one statement, or several that the body itself tells apart.

Two statements may write one kind where `only` parts them: both have a rule for one path, with
words of which none is the same (a person's application and a body's).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from adapters.engine.paths import Path
from adapters.engine.rules import Statement
from contracts.messages import Kind


def parting(statement: Statement) -> dict[Path, frozenset[str]]:
    """The words of each path without which `statement` cannot state a body."""
    return {
        rule.path: frozenset(rule.only)
        for rule in statement.main.fields
        if rule.path is not None and rule.only and rule.drop is None
    }


def rivals(writing: Iterable[Statement]) -> Iterator[tuple[Statement, Statement]]:
    """Pairs of statements (an earlier and a later one) that would write the same bodies."""
    of_kind: dict[Kind, list[Statement]] = defaultdict(list)
    for statement in writing:
        for other in of_kind[statement.kind]:
            if not _parted(other, statement):
                yield other, statement
                break
        of_kind[statement.kind].append(statement)


def _parted(one: Statement, other: Statement) -> bool:
    first, second = parting(one), parting(other)
    return any(first[path].isdisjoint(second[path]) for path in first.keys() & second.keys())
