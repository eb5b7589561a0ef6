"""One statement, compiled: rows into a draft, and a draft into rows with its losses."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from adapters.adapter import Draft, Loss
from adapters.engine.context import Context
from adapters.engine.fields import Lost, Tree, getter
from adapters.engine.losses import NATIVE, Carried, carry, unsaid
from adapters.engine.paths import EACH, Path, Step, Target, default_of, render, resolve
from adapters.engine.record_plan import RecordPlan
from adapters.engine.rejection import mask_for, rejected
from adapters.engine.row import Row
from adapters.engine.rules import Statement
from adapters.engine.tables import CodeTable
from adapters.engine.writers import parting
from contracts.case import Application
from contracts.errors import DocumentRejected
from contracts.messages import BODIES, Kind

_APPLICATION = "application"
M = TypeVar("M", bound=BaseModel)

_NEEDED = ("matter", "applicant", "receiving", "handling", "applied_at")


class StatementPlan:
    """Reads and writes the drafts of one kind that one record states."""

    def __init__(
        self, statement: Statement, tables: Mapping[str, CodeTable], context: Context, family: str
    ) -> None:
        self.name, self.kind, self.mode = statement.name, statement.kind, statement.mode
        self.unless = frozenset(statement.unless)
        self._context, self._family = context, family
        self._body = BODIES[statement.kind]
        self._apart = _APPLICATION not in self._body.model_fields
        self.main = RecordPlan(
            statement.main, tables, context, self._resolve, context_only=self._apart
        )
        self.also = (
            RecordPlan(statement.also, tables, context, self._resolve, context_only=self._apart)
            if statement.also
            else None
        )
        self.repeat: RecordPlan | None = None
        if statement.repeat is not None:
            self._list: Path = statement.repeat.path
            item = (*self._list, EACH)
            self.repeat = RecordPlan(
                statement.repeat.item,
                tables,
                context,
                lambda path: self._resolve((*item, *path)),
                context_only=False,
            )
        self._sets, self._assume = statement.sets, statement.assume
        self._at = getter(statement.at)
        self._carried = self._all_carried()
        self._reads_again = [self.main]
        self._parting = [(getter(path), words) for path, words in parting(statement).items()]

    def beside(self, others: Iterable["StatementPlan"]) -> None:
        """Know the statements that are read, for what of them reads again what this one writes."""
        of_record = [plan for plan in others if plan.main.record == self.main.record]
        self._reads_again += [plan.main for plan in of_record if plan.kind == self.kind]
        self.main.beside(plan.main for plan in of_record)

    def _resolve(self, path: Path) -> Target:
        if self._apart and path[0] == _APPLICATION:
            return resolve(Application, path[1:])
        return resolve(self._body, path)

    def _default(self, path: Path) -> Any:
        return default_of(self._body, path)

    def _all_carried(self) -> dict[Step, Carried]:
        tree: dict[Step, Carried] = {}
        for plan in (self.main, self.also):
            if plan is not None:
                plan.carried(tree)
        for path in (*self._sets, *self._assume):
            carry(tree, path)
        if self.repeat is not None:
            item: dict[Step, Carried] = {}
            self.repeat.carried(item)
            item[NATIVE] = True  # told by the rows of the items, table by table
            carry(tree, (*self._list, EACH), item)
        if self._apart:
            tree[_APPLICATION] = True
        return tree

    # --- reading ---------------------------------------------------------------------------

    def read(self, row: Row, beside: Row | None, items: Sequence[Row]) -> tuple[Any, Draft]:
        """The draft that `row` states, with the time it speaks of. Raises DocumentRejected."""
        number = row.values[self.main.record.number]
        tree: Tree = {}
        native: dict[str, dict[str, str]] = {}
        kept = self.main.read(row, tree)
        if kept:
            native[row.record] = kept
        if beside is not None and self.also is not None and (more := self.also.read(beside, tree)):
            native[beside.record] = more
        if self.repeat is not None:
            self._read_items(self.repeat, items, tree)
        self._fill_in(tree, number)
        application = self._application(tree, row, native, items) if self._apart else None
        if native:
            tree[NATIVE] = native
        body = self._validated(self._body, tree, row, (), items)
        return self._at(tree), Draft(number, self.kind, body, application=application)

    def _read_items(self, plan: RecordPlan, items: Sequence[Row], tree: Tree) -> None:
        found = []
        for item in items:
            made: Tree = {}
            kept = plan.read(item, made)
            if kept:
                made[NATIVE] = {item.record: kept}
            found.append(made)
        if found:
            _put_if_absent(tree, self._list, found)

    def _fill_in(self, tree: Tree, number: str) -> None:
        for path, value in self._fixed(number):
            if self._apart and path[0] == _APPLICATION and _APPLICATION not in tree:
                continue
            _put_if_absent(tree, path, value)

    def _fixed(self, number: str) -> list[tuple[Path, Any]]:
        """What every draft of this statement says, and what is assumed of it."""
        fixed: list[tuple[Path, Any]] = list(self._sets.items())
        for path, source in self._assume.items():
            fixed.append((path, self._assumption(source, number)))
        return fixed

    def _assumption(self, source: str, number: str) -> Any:
        if source == "profile.jurisdiction":
            return dict(self._context.jurisdiction)
        return number if source == "number" else ""

    def _application(
        self, tree: Tree, row: Row, native: dict[str, dict[str, str]], items: Sequence[Row]
    ) -> Application | None:
        """The application that a later row repeats whole; what is not whole is kept as it is."""
        found = tree.pop(_APPLICATION, None)
        if found is None:
            return None
        if all(name in found for name in _NEEDED) and not self._receiving_unknown(found):
            return self._validated(Application, found, row, (_APPLICATION,), items)
        if items and self._list[0] == _APPLICATION:
            raise rejected(
                "a row of an application that this document does not hold whole",
                partner=self._context.city,
                field=items[0].record,
                line=items[0].line,
            )
        for column, text in row.values.items():
            if column in self.main.application_columns:
                native.setdefault(row.record, {})[column] = text
        return None

    def _receiving_unknown(self, application: Tree) -> bool:
        """Whether the city handles the case itself, so that it is not where it was received."""
        assumed = self._assume.get((_APPLICATION, "receiving"))
        own = str(self._context.jurisdiction["region"])
        return assumed is not None and own == application["handling"]["region"]

    def _validated(
        self, model: type[M], tree: Tree, row: Row, under: Path, items: Sequence[Row]
    ) -> M:
        try:
            return model.model_validate(tree)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            path: Path = (*under, *first["loc"])
            raise self._rejection(first["msg"], path, row, items) from error

    def _rejection(
        self, detail: str, path: Path, row: Row, items: Sequence[Row]
    ) -> DocumentRejected:
        """The error for the canonical `path`, told by the native field that fills it."""
        plan, column = self.main, self._column_at(path)
        if self.repeat is not None and path[: len(self._list)] == self._list and items:
            index, inner = path[len(self._list)], path[len(self._list) + 1 :]
            row, plan = items[int(index)], self.repeat
            column = plan.column_of.get(inner)
        return rejected(
            detail,
            partner=self._context.city,
            field=f"{row.record}.{column}" if column else render(path),
            value=row.values.get(column) if column else None,
            mask=mask_for(path) or (plan.masks.get(column) if column else None),
            line=row.line_of(column),
        )

    def _column_at(self, path: Path) -> str | None:
        """The field that fills `path`; for a whole of several fields, the last of them."""
        exact = self.main.column_of.get(path)
        below = [c for p, c in self.main.column_of.items() if p[: len(path)] == path]
        return exact or (below[-1] if below else None)

    # --- writing ---------------------------------------------------------------------------

    def takes(self, tree: Tree) -> bool:
        """Whether a body says what this statement, and no other of its kind, can state."""
        return all(get(tree) in words for get, words in self._parting)

    def write(self, draft: Draft, tree: Tree) -> tuple[list[Row], list[Loss]]:
        """The rows that state `draft`, and what they leave unsaid. Raises DocumentRejected.

        `tree` is its body, and is used up.
        """
        if self._apart:
            tree.pop(_APPLICATION, None)
            if draft.application is not None:
                tree[_APPLICATION] = draft.application.model_dump(exclude_none=True)
        lost: Lost = []
        main = Row(self.main.record.name, self.main.write(draft.number, tree, lost))
        rows = [main]
        if self.also is not None:
            rows.append(Row(self.also.record.name, self.also.write(draft.number, tree, lost)))
        misread = not any(plan.matches(main.values) for plan in self._reads_again)
        if misread:
            lost += [self._misread(main), *self._orphans(tree)]
        else:
            rows += self._write_items(draft.number, tree, lost)
        lost += self._unfixed(draft.number, tree)
        lost += self._unkept(tree)
        why = f"{self._family} has no field for it in {self.kind}"
        lost += [(path, why) for path in unsaid(tree, self._carried, self._default)]
        lost += [(f"files.{name}", f"{self._family} carries no files") for name in draft.files]
        return rows, [Loss(field, why) for field, why in dict(reversed(lost)).items()]

    def _write_items(self, number: str, tree: Tree, lost: Lost) -> list[Row]:
        if self.repeat is None or (self._apart and self._list[0] == _APPLICATION):
            return []
        rows = []
        for index, item in enumerate(getter(self._list)(tree) or ()):
            of_item: Lost = []
            values = self.repeat.write(number, item, of_item)
            rows.append(Row(self.repeat.record.name, values))
            lost += [(f"{render(self._list)}[{index}].{path}", why) for path, why in of_item]
            lost += [
                (f"{render(self._list)}[{index}].{path}", why)
                for path, why in _foreign(item, {self.repeat.record.name})
            ]
        return rows

    def _orphans(self, tree: Tree) -> Lost:
        """What the rows of a list would have said, had the row they belong to been read again."""
        if self.repeat is None:
            return []
        only: Tree = {}
        _put_if_absent(only, self._list, getter(self._list)(tree) or ())
        why = "what it belongs to is taken for another kind of message"
        return [(path, why) for path in unsaid(only, None, self._default)]

    def _unfixed(self, number: str, tree: Tree) -> Lost:
        lost: Lost = []
        for path, value in self._fixed(number):
            if self._apart and path[0] == _APPLICATION:
                continue
            said = getter(path)(tree)
            if isinstance(said, dict):
                lost += [
                    (f"{render(path)}.{name}", "no field for it; reading assumes the city's own")
                    for name, item in said.items()
                    if name != NATIVE and item != value.get(name)
                ]
            elif said is not None and said != value:
                taken = value or "nothing"
                lost.append((render(path), f"no field for it; reading takes it for {taken}"))
        return lost

    def _unkept(self, tree: Tree) -> Lost:
        mine = {plan.record.name for plan in (self.main, self.also) if plan}
        return list(_foreign(tree, mine))

    def _misread(self, row: Row) -> tuple[str, str]:
        column = self.main.unmatched(row.values)
        if column is not None and self.main.bars(column, row.values):
            raise rejected(
                "the family takes this for another kind of message",
                partner=self._context.city,
                field=f"{row.record}.{column}",
                value=row.values[column],
            )
        path = next((p for p, c in self.main.column_of.items() if c == column), None)
        return (
            render(path) if path else str(column),
            f"{self._family} takes this value of {column} for another kind of message",
        )


def _put_if_absent(tree: Tree, path: Path, value: Any) -> None:
    node: Any = tree
    for step in path[:-1]:
        node = node.setdefault(step, {})
    node.setdefault(path[-1], value)


def _foreign(tree: Tree, mine: set[str]) -> Iterable[tuple[str, str]]:
    """What another family, or another record, had kept."""
    native = tree.get(NATIVE)
    if not isinstance(native, dict):
        if native is not None:
            yield NATIVE, "not fields of a family"
        return
    for record, fields in native.items():
        if not isinstance(fields, dict):
            yield f"{NATIVE}.{record}", "not fields of a family"
        elif record not in mine and fields:
            yield f"{NATIVE}.{record}", f"kept for the family it came from: {', '.join(fields)}"


def rank(kind: Kind) -> int:
    """Place of `kind` in the life of a case, for facts of the same moment."""
    return _RANKS[kind]


_RANKS = {kind: place for place, kind in enumerate(Kind)}
