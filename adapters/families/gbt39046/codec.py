"""gbt39046: data sets of GB/T 39046-2020, as one XML document.

``<GBT39046><SQXX><BJBH>…</BJBH>…<CLXX><CLMC>…</CLMC></CLXX></SQXX></GBT39046>``: one element a
data set, in it one element a fact. Sets that belong to another one (materials) stand inside it
and have its case number. A document holds the sets of one case or of several; one draft is
written as one document. Only the root may have attributes, and they are set aside: they say
which schema it follows, nothing of a case.
"""

from adapters.adapter import Document, Draft, Written
from adapters.engine.encoding import declared_name, encode_rows
from adapters.engine.naming import document_name
from adapters.engine.rejection import Unfit, rejected
from adapters.engine.renaming import is_name
from adapters.engine.row import Row
from adapters.engine.rules import FamilyMapping
from adapters.engine.xml_text import Element, escaped, read_xml
from adapters.families.family import Family, Profile, compiled, packaged_mapping, renamed
from contracts.errors import DocumentRejected, SettingsInvalid

MEDIA_TYPE = "application/xml"
ROOT = "GBT39046"


def mapping() -> FamilyMapping:
    """The mapping of the family. Raises SettingsInvalid if it does not hold."""
    return packaged_mapping("gbt39046")


class Gbt39046Adapter:
    """The family gbt39046 for one city."""

    def __init__(self, profile: Profile) -> None:
        family = renamed(mapping(), profile)
        self.city = profile.city
        self._encoding = profile.encoding
        self._translator = compiled(family, profile)
        self._root = profile.options.get("root", ROOT)
        if not is_name(self._root):
            raise SettingsInvalid(
                [f"options.root: {self._root!r} cannot name an element"], source=profile.city
            )
        self._number = {name: record.number for name, record in family.records.items()}
        self._inner = {s.repeat.item.record.name for s in family.statements if s.repeat}

    def read(self, document: bytes) -> list[Draft]:
        """See `adapters.adapter.Adapter.read`."""
        try:
            root = read_xml(document, self._encoding)
        except Unfit as error:
            raise self._reject(error.detail, error.line) from error
        if root.tag != self._root:
            raise self._reject(f"the root is not {self._root}", root.line)
        if root.text.strip() or not len(root):
            raise self._reject("the root holds data sets and nothing else", root.line)
        return self._translator.read([row for each in root for row in self._rows(each)])

    def write(self, draft: Draft) -> Written:
        """See `adapters.adapter.Adapter.write`."""
        rows, losses = self._translator.write(draft)
        main, *inner = rows
        text = (
            f'<?xml version="1.0" encoding="{declared_name(self._encoding)}"?>\n<{self._root}>\n'
            f"<{main.record}>\n{self._facts(main)}{''.join(map(self._set_inside, inner))}"
            f"</{main.record}>\n</{self._root}>\n"
        )
        data = encode_rows(text, rows, self._encoding, self.city)
        document = Document(document_name(draft, data, "xml"), MEDIA_TYPE, data)
        return Written((document,), tuple(losses))

    def _rows(self, data_set: Element) -> list[Row]:
        """The row of a data set, and those of the sets that stand inside it."""
        inner = [child for child in data_set if child.tag in self._inner]
        main = self._row(data_set, [child for child in data_set if child.tag not in self._inner])
        number = main.values.get(self._number.get(main.record, ""), "")
        rows = [main]
        for child in inner:
            row = self._row(child, child.children)
            column = self._number[child.tag]
            if row.values.setdefault(column, number) != number:
                raise self._reject(f"{child.tag} is of another case than {main.record}", child.line)
            rows.append(row)
        return rows

    def _row(self, data_set: Element, facts: list[Element]) -> Row:
        values: dict[str, str] = {}
        lines: dict[str, int] = {}
        if data_set.attributes or data_set.text.strip():
            raise self._reject("a data set holds elements and nothing else", data_set.line)
        for fact in facts:
            name = fact.tag
            if len(fact) or fact.attributes:
                raise self._reject("a fact is an element that holds a text alone", fact.line)
            if name in lines:
                raise rejected(
                    "the element stands twice",
                    partner=self.city,
                    field=f"{data_set.tag}.{name}",
                    line=fact.line,
                )
            lines[name] = fact.line
            if fact.text:
                values[name] = fact.text
        return Row(data_set.tag, values, data_set.line, lines)

    def _set_inside(self, row: Row) -> str:
        del row.values[self._number[row.record]]  # that of the set it stands in
        return f"<{row.record}>\n{self._facts(row)}</{row.record}>\n"

    def _facts(self, row: Row) -> str:
        return "".join(
            f"<{name}>{self._escaped(text, row.record, name)}</{name}>\n"
            for name, text in row.values.items()
        )

    def _escaped(self, text: str, record: str, field: str) -> str:
        try:
            return escaped(text)
        except Unfit as error:
            raise rejected(error.detail, partner=self.city, field=f"{record}.{field}") from error

    def _reject(self, detail: str, line: int | None) -> DocumentRejected:
        return rejected(detail, partner=self.city, field="document", line=line)


FAMILY = Family("gbt39046", Gbt39046Adapter, mapping, options=("root",), renames=True)
