"""A whole mapping, compiled for one city: rows of a document into drafts, and back."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from adapters.adapter import Draft, Loss
from adapters.engine.context import Context
from adapters.engine.record_plan import RecordPlan
from adapters.engine.rejection import rejected
from adapters.engine.row import Row
from adapters.engine.rules import FamilyMapping
from adapters.engine.statement_plan import StatementPlan, rank
from contracts.errors import DocumentRejected
from contracts.messages import Kind


@dataclass(slots=True)
class _Reading:
    """A statement that a row makes, and the other rows that belong to it."""

    index: int
    plan: StatementPlan
    beside: int | None
    items: list[Row]


class Translator:
    """Reads rows and writes rows; the codec of a family makes bytes of them. Pure."""

    def __init__(self, mapping: FamilyMapping, context: Context) -> None:
        self._city, self._family = context.city, mapping.family
        plans = [
            StatementPlan(statement, mapping.tables, context, mapping.family)
            for statement in mapping.statements
        ]
        self._writing: dict[Kind, list[StatementPlan]] = {}
        for plan in plans:
            if plan.mode.writes:
                self._writing.setdefault(plan.kind, []).append(plan)
        self._known = set(mapping.records)
        self._number = {name: record.number for name, record in mapping.records.items()}
        self._reading: dict[str, list[StatementPlan]] = {name: [] for name in mapping.records}
        for plan in plans:
            if plan.mode.reads:
                self._reading[plan.main.record.name].append(plan)
        for plan in chain(*self._writing.values()):
            plan.beside(self._reading[plan.main.record.name])

    def read(self, rows: Sequence[Row]) -> list[Draft]:
        """The drafts that `rows` state, by time and then in the order of the case.

        Raises DocumentRejected when a row is in no table of the family, lacks the case
        number, states nothing, or holds a value that cannot be read.
        """
        numbers = [self._number_of(row) for row in rows]
        stated = [
            _Reading(index, plan, None, [])
            for index, row in enumerate(rows)
            for plan in self._reading[row.record]
            if plan.main.matches(row.values)
        ]
        taken = self._pair_up(rows, numbers, stated)
        stated = self._without_ruled_out(numbers, [s for s in stated if s.index not in taken])
        self._attach_items(rows, numbers, stated, taken)
        claimed = taken | {reading.index for reading in stated}
        for index, row in enumerate(rows):
            if index not in claimed:
                raise self._states_nothing(row)
        drafts = [
            r.plan.read(rows[r.index], None if r.beside is None else rows[r.beside], r.items)
            for r in stated
        ]
        if len(drafts) > 1:
            drafts.sort(key=lambda found: (found[0], rank(found[1].kind)))
        return [draft for _, draft in drafts]

    def write(self, draft: Draft) -> tuple[list[Row], list[Loss]]:
        """The rows for `draft`, and what they leave unsaid. Raises DocumentRejected."""
        plans = self._writing.get(draft.kind)
        if plans is None:
            raise rejected(
                f"{self._family} has no place for {draft.kind}",
                partner=self._city,
                field="kind",
                value=draft.kind,
                code="document.not_carried",
            )
        tree = draft.body.model_dump(exclude_none=True)
        plan = next((plan for plan in plans if plan.takes(tree)), plans[0])
        return plan.write(draft, tree)

    def _number_of(self, row: Row) -> str:
        column = self._number.get(row.record)
        if column is None:
            raise rejected(
                f"{self._family} has no such table",
                partner=self._city,
                field="table",
                value=row.record,
                line=row.line,
            )
        number = row.values.get(column)
        if not number:
            raise rejected(
                "the case number is empty",
                partner=self._city,
                field=f"{row.record}.{column}",
                line=row.line,
            )
        return number

    def _pair_up(self, rows: Sequence[Row], numbers: list[str], stated: list[_Reading]) -> set[int]:
        """Give each statement the row that belongs beside its own; returns those rows."""
        places = defaultdict(list)
        for index, row in enumerate(rows):
            places[row.record, numbers[index]].append(index)
        taken: set[int] = set()
        for reading in stated:
            also = reading.plan.also
            if also is None:
                continue
            for index in places[also.record.name, numbers[reading.index]]:
                if index not in taken and also.matches(rows[index].values):
                    reading.beside = index
                    taken.add(index)
                    break
        return taken

    def _without_ruled_out(self, numbers: list[str], stated: list[_Reading]) -> list[_Reading]:
        """Drop statements that another one of the same case rules out."""
        named = {(numbers[reading.index], reading.plan.name) for reading in stated}
        paired = {
            (numbers[reading.index], f"{reading.plan.name}.also")
            for reading in stated
            if reading.beside is not None
        }
        present = named | paired
        return [
            reading
            for reading in stated
            if not any((numbers[reading.index], name) in present for name in reading.plan.unless)
        ]

    def _attach_items(
        self, rows: Sequence[Row], numbers: list[str], stated: list[_Reading], taken: set[int]
    ) -> None:
        """Give each repeated row to the statement above it, else to the first one below."""
        owners = defaultdict(list)
        for reading in stated:
            if reading.plan.repeat is not None:
                record = reading.plan.repeat.record.name
                owners[record, numbers[reading.index]].append(reading)
        for index, row in enumerate(rows):
            mine = owners.get((row.record, numbers[index]))
            if mine:
                above = bisect_left(mine, index, key=_index_of)
                mine[max(above - 1, 0)].items.append(row)
                taken.add(index)

    def _states_nothing(self, row: Row) -> DocumentRejected:
        plans = self._reading[row.record]
        column = next((c for plan in plans if (c := _culprit(plan.main, row))), None)
        if column is None:
            detail = "no statement of the family says what this row means"
            return rejected(detail, partner=self._city, field=row.record, line=row.line)
        value = row.values.get(column)
        detail = "a code that the profile does not know" if value else "the code is empty"
        return rejected(
            detail,
            partner=self._city,
            field=f"{row.record}.{column}",
            value=value,
            line=row.line_of(column),
        )


def _index_of(reading: _Reading) -> int:
    return reading.index


def _culprit(plan: RecordPlan, row: Row) -> str | None:
    return plan.unmatched(row.values)
