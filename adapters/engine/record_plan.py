"""One native record within a statement, compiled: does it match, how it is read and written."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.engine.context import Context
from adapters.engine.crosswalk import NoSuchMatter
from adapters.engine.fields import (
    Lost,
    Tree,
    codes_barred,
    codes_stated,
    getter,
    reader_of,
    writer_of,
)
from adapters.engine.json_text import is_json
from adapters.engine.losses import NATIVE, Carried, carry
from adapters.engine.matter import CARRIED as MATTER_CARRIED
from adapters.engine.matter import MatterPlan
from adapters.engine.paths import Path, Step, Target, render
from adapters.engine.rejection import Mask, Unfit, mask_for, rejected
from adapters.engine.row import Row
from adapters.engine.rules import FieldRule, RecordRule
from adapters.engine.tables import CodeTable

_APPLICATION = "application"
_DIGITS = re.compile(r"\d{1,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Group:
    """Fields that mean nothing alone; `due` are those without which the others have no default."""

    columns: frozenset[str]
    due: frozenset[str]
    paths: Mapping[str, Path]

    def torn(self, tree: Tree, out: Mapping[str, str]) -> bool:
        """Whether something that `tree` says of the group could not be written to `out`."""
        return not self.due <= out.keys() or any(
            column not in out and getter(path)(tree) is not None
            for column, path in self.paths.items()
        )


class RecordPlan:
    """Reads one `Row` into a tree, and writes the fields of one from it.

    `context_only` says that paths under `application` belong to the draft's application and
    not to its body: they are written from it, and nothing of them is demanded.
    """

    def __init__(
        self,
        rule: RecordRule,
        tables: Mapping[str, CodeTable],
        context: Context,
        resolve: Callable[[Path], Target],
        *,
        context_only: bool,
    ) -> None:
        self.record = rule.record
        self._partner = context.city
        self._context_only = context_only
        self._present, self._absent = rule.present, rule.absent
        self._codes = [
            (r.column, codes, r.required or bool(r.states))
            for r in rule.fields
            if (codes := codes_stated(r, tables)) is not None
        ]
        self._barred = {
            r.column: codes for r in rule.fields if (codes := codes_barred(r, tables)) is not None
        }
        self._companions: tuple[RecordPlan, ...] = ()
        self._columns = rule.record.columns
        self.masks: dict[str, Mask | None] = {r.column: mask_for(r.path or ()) for r in rule.fields}
        self.column_of: dict[Path, str] = {
            r.path: r.column for r in rule.fields if r.path and r.drop is None
        }
        self._readers = {r.column: reader_of(r, tables) for r in rule.fields}
        self._writers = [(r.column, w) for r in rule.fields if (w := writer_of(r, tables))]
        self._relaxed = {r.column for r in rule.fields if context_only and _of_application(r)}
        self._required = [
            r.column for r in rule.fields if r.required and r.column not in self._relaxed
        ]
        self._digest = next((r.column for r in rule.fields if r.derive == "digest"), None)
        self._matter = None
        if rule.matter is not None:
            version = self._columns.get(rule.matter.version or "")
            self._matter = MatterPlan(
                rule.matter, context, numeric_version=version is not None and version.number
            )
        self._together = [self._group(group, rule, resolve) for group in rule.together]
        fixed = {r.column for r in rule.fields if not _keeps(r)} - self._relaxed
        self._spare = frozenset(self._columns) - fixed - {self.record.number}
        self._replaceable = {
            r.column: frozenset(r.reads) for r in rule.fields if r.const and r.drop is None
        }
        set_aside = {r.column for r in rule.fields if r.drop is not None}
        self.application_columns = frozenset(self._relaxed - set_aside) | frozenset(
            self._matter.columns.values() if self._matter and context_only else ()
        )

    def _group(
        self, columns: tuple[str, ...], rule: RecordRule, resolve: Callable[[Path], Target]
    ) -> _Group:
        paths = {r.column: r.path for r in rule.fields if r.column in columns and r.path}
        due = frozenset(c for c, path in paths.items() if resolve(path).default is None)
        return _Group(frozenset(columns), due, paths)

    def carried(self, tree: dict[Step, Carried]) -> None:
        """Note every canonical leaf that this record takes."""
        for path in self.column_of:
            carry(tree, path)
        if self._matter is not None:
            for name, what in MATTER_CARRIED.items():
                carry(tree, (_APPLICATION, name), what)

    def beside(self, others: Iterable["RecordPlan"]) -> None:
        """Know what else is read from such rows, so that nothing kept turns into a statement."""
        self._companions = tuple(others)

    def matches(self, values: Mapping[str, str]) -> bool:
        """Whether a row with these values states what this plan reads."""
        return (
            all(column in values for column in self._present)
            and not any(column in values for column in self._absent)
            and self.unmatched(values) is None
        )

    def unmatched(self, values: Mapping[str, str]) -> str | None:
        """The field whose code keeps a row from matching, None if it is none."""
        for column, codes, due in self._codes:
            code = values.get(column)
            if due if code is None else code.strip() not in codes:
                return column
        return next((column for column in self._barred if self.bars(column, values)), None)

    def bars(self, column: str, values: Mapping[str, str]) -> bool:
        """Whether `column` holds a code that makes the row state something else."""
        return values.get(column, "").strip() in self._barred.get(column, ())

    def read(self, row: Row, tree: Tree) -> dict[str, str]:
        """Fill in `tree`; returns the fields that are kept as they are. Raises DocumentRejected."""
        kept: dict[str, str] = {}
        values, readers = row.values, self._readers
        apart = self._incomplete(values)
        column = ""
        matter = self._matter
        try:
            for column, text in values.items():
                reader = readers.get(column)
                if reader is not None and column not in apart:
                    reader(text, tree, kept)
                elif reader is not None or not self._answered(column):
                    kept[column] = text
            if matter is not None:
                self._read_matter(matter, values, tree, kept)
        except NoSuchMatter as error:
            column = next((c for c in matter.columns.values() if c in values), "") if matter else ""
            raise self._reject(error, row, column, "matter.unknown") from error
        except Unfit as error:
            raise self._reject(error, row, column) from error
        for column in self._required:
            if column not in values:
                raise self._reject(Unfit("the family demands it, and it is empty"), row, column)
        return kept

    def _read_matter(
        self, matter: MatterPlan, values: Mapping[str, str], tree: Tree, kept: dict[str, str]
    ) -> None:
        if not self._context_only:
            matter.read(values, tree.setdefault(_APPLICATION, {}), kept)
        elif any(column in values for column in matter.columns.values()):
            try:
                matter.read(values, tree.setdefault(_APPLICATION, {}), kept)
            except NoSuchMatter:
                return  # the application is not complete then, and its fields are kept

    def _answered(self, column: str) -> bool:
        return column == self.record.number or (
            self._matter is not None and column in self._matter.columns.values()
        )

    def _incomplete(self, values: Mapping[str, str]) -> frozenset[str]:
        """Fields of groups that lack a member: none of them means anything alone."""
        apart: frozenset[str] = frozenset()
        for group in self._together:
            if not group.due <= values.keys() and not group.columns.isdisjoint(values):
                apart |= group.columns
        return apart

    def write(self, number: str, tree: Tree, lost: Lost) -> dict[str, str]:
        """The fields of the row, in the order of the columns. Raises DocumentRejected."""
        out: dict[str, str] = {self.record.number: number}
        for column, writer in self._writers:
            try:
                writer(tree, out, [] if column in self._relaxed else lost)
            except Unfit as error:
                if column not in self._relaxed:
                    raise self._rejected_value(error.detail, column, error.value) from error
        if self._matter is not None and _APPLICATION in tree:
            self._write_matter(self._matter, tree[_APPLICATION], out, lost)
        for group in self._together:
            if group.torn(tree, out):
                lost += self._take_back(group, out)
        lost += self._write_kept(tree, out)
        return self._in_order(out)

    def _write_matter(
        self, matter: MatterPlan, application: Tree, out: dict[str, str], lost: Lost
    ) -> None:
        try:
            matter.write(application, out, [] if self._context_only else lost)
        except NoSuchMatter as error:
            if not self._context_only:
                raise self._rejected_value(
                    error.detail, "application.matter", None, "matter.unknown"
                ) from error

    def _take_back(self, group: _Group, out: dict[str, str]) -> Lost:
        """Take out what was written of a torn group; returns what is lost by it."""
        torn = sorted(group.columns & out.keys())
        for column in torn:
            del out[column]
        why = "it means nothing without what could not be written"
        return [(render(group.paths[c]), why) for c in torn if c not in self._relaxed]

    def _write_kept(self, tree: Tree, out: dict[str, str]) -> Lost:
        """Put back what this family had kept; returns what has no field here."""
        lost: Lost = []
        native = tree.get(NATIVE)
        fields = native.get(self.record.name) if isinstance(native, dict) else None
        for column, text in fields.items() if isinstance(fields, dict) else ():
            free = column in self._spare and column not in out
            allowed = (free or self._may_replace(column, text)) and self._fits(column, text)
            if allowed and self._states_the_same(out, {**out, column: text}):
                out[column] = text
            else:
                lost.append((f"{NATIVE}.{self.record.name}.{column}", "no field that keeps it"))
        return lost

    def _states_the_same(self, row: Mapping[str, str], other: Mapping[str, str]) -> bool:
        return all(plan.matches(row) == plan.matches(other) for plan in self._companions)

    def _fits(self, column: str, text: Any) -> bool:
        """Whether a text that somebody else had kept may be written as it is."""
        known = self._columns.get(column)
        return (
            known is not None
            and isinstance(text, str)
            and not (known.longest and len(text) > known.longest)
            and not (known.number and _DIGITS.fullmatch(text) is None)
            and not (known.json and not is_json(text))
        )

    def _may_replace(self, column: str, text: str) -> bool:
        """Whether what was kept may stand in place of the constant of `column`."""
        allowed = self._replaceable.get(column)
        return allowed is not None and (not allowed or text in allowed)

    def _in_order(self, out: dict[str, str]) -> dict[str, str]:
        row = {}
        for name, column in self._columns.items():
            text = out.get(name)
            if text is None:
                continue
            if column.longest and len(text) > column.longest:
                detail = f"{len(text)} characters, and the family allows {column.longest}"
                raise self._rejected_value(detail, name, text)
            row[name] = text
        if self._digest is not None:
            said = "\x1f".join(f"{name}={text}" for name, text in row.items())
            digest = hashlib.sha256(f"{self.record.name}\x1f{said}".encode("utf-8", "replace"))
            return {self._digest: digest.hexdigest()[:32], **row}
        return row

    def _reject(
        self, error: Unfit, row: Row, column: str, code: str = "document.invalid"
    ) -> Exception:
        return rejected(
            error.detail,
            partner=self._partner,
            field=f"{row.record}.{column}",
            value=row.values.get(column),
            mask=self.masks.get(column),
            line=row.line_of(column),
            code=code,
        )

    def _rejected_value(
        self, detail: str, column: str, value: str | None, code: str = "document.invalid"
    ) -> Exception:
        field = column if code == "matter.unknown" else f"{self.record.name}.{column}"
        return rejected(
            detail,
            partner=self._partner,
            field=field,
            value=value,
            mask=self.masks.get(column),
            code=code,
        )


def _of_application(rule: FieldRule) -> bool:
    return rule.path is not None and rule.path[0] == _APPLICATION


def _keeps(rule: FieldRule) -> bool:
    """Whether a field under a rule may keep its native text beside the canonical value."""
    return rule.tolerant or rule.otherwise is not None or rule.credit
