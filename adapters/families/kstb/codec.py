"""kstb: public-security matters between provinces, as the XML string that the SOAP calls carry.

``<PACKAGE><PACKAGEHEAD>…</PACKAGEHEAD><DATA><RECORD no="1" sid="…">…</RECORD></DATA></PACKAGE>``.
Request, feedback and the answer to a call are documents of their own; YWXTBH in the head says
that they belong together. An answer has ``<CODE>`` and ``<MSG>`` in place of the record. The calls,
and the licence that goes with them, are a connector's work.
"""

from adapters.adapter import Document, Draft, Written
from adapters.engine.encoding import declared_name, encode_rows
from adapters.engine.naming import document_name
from adapters.engine.rejection import Unfit, rejected, shown
from adapters.engine.row import Row
from adapters.engine.rules import FamilyMapping
from adapters.engine.xml_text import Element, escaped, read_xml
from adapters.families.family import Family, Profile, compiled, packaged_mapping
from contracts.errors import DocumentRejected

MEDIA_TYPE = "application/xml"
REQUEST, FEEDBACK, ANSWER = "REQUEST", "FEEDBACK", "ANSWER"
HEAD = (
    "BBH", "FSDW_SJGSDWDM", "FSDW_SJGSDWMC", "JSDW_SJGSDWDM", "JSDW_SJGSDWMC", "ZAGLYWFLDM",
    "YWXTBH", "YWXTQYFW", "FSSJ",
)  # fmt: skip
"""The fields of PACKAGEHEAD, in order."""
NUMBER, KIND_OF_FEEDBACK = "YWXTBH", "FKLX"
OK = "10"
FAILED = {
    "-31": "the package was malformed",
    "-41": "part of it failed",
    "-50": "the licence was not taken",
    "-71": "the sid was wrong",
}
"""Codes of an answer that says nothing of the case: the call failed."""


def mapping() -> FamilyMapping:
    """The mapping of the family. Raises SettingsInvalid if it does not hold."""
    return packaged_mapping("kstb")


class KstbAdapter:
    """The family kstb for one city."""

    def __init__(self, profile: Profile) -> None:
        self.city = profile.city
        self._encoding = profile.encoding
        self._translator = compiled(mapping(), profile)

    def read(self, document: bytes) -> list[Draft]:
        """See `adapters.adapter.Adapter.read`."""
        try:
            root = read_xml(document, self._encoding)
        except Unfit as error:
            raise self._reject(error.detail, "document", error.line) from error
        return self._translator.read([self._row(root)])

    def write(self, draft: Draft) -> Written:
        """See `adapters.adapter.Adapter.write`."""
        rows, losses = self._translator.write(draft)
        (row,) = rows
        data = encode_rows(self._text(row), rows, self._encoding, self.city)
        document = Document(document_name(draft, data, "xml"), MEDIA_TYPE, data)
        return Written((document,), tuple(losses))

    # --- reading ---------------------------------------------------------------------------

    def _row(self, root: Element) -> Row:
        parts = {child.tag: child for child in root}
        if root.tag != "PACKAGE" or len(root) != 2 or parts.keys() != {"PACKAGEHEAD", "DATA"}:
            what = "a document is a PACKAGE of one PACKAGEHEAD and one DATA"
            raise self._reject(what, "document", root.line)
        head, data = parts["PACKAGEHEAD"], parts["DATA"]
        values = self._fields(head, list(head))
        for name in values:
            if name not in HEAD:
                raise self._reject("no field of the head", f"PACKAGEHEAD.{shown(name)}", head.line)
        lines = {child.tag: child.line for child in head}
        records = [child for child in data if child.tag == "RECORD"]
        answer = self._fields(data, [child for child in data if child.tag != "RECORD"])
        self._must_be_well(answer, data)
        if not records:
            return Row(ANSWER, {**values, **answer}, data.line, lines)
        if len(records) > 1:
            raise self._reject("a package holds one RECORD", "DATA.RECORD", records[1].line)
        return self._record(records[0], values, lines)

    def _record(self, record: Element, values: dict[str, str], lines: dict[str, int]) -> Row:
        sid = record.attributes.get("sid", "")
        if sid and sid != values.get(NUMBER):
            raise rejected(
                f"the sid is not the {NUMBER} of the head",
                partner=self.city,
                field="RECORD.sid",
                value=sid,
                line=record.line,
            )
        fields = self._fields(record, list(record))
        table = FEEDBACK if KIND_OF_FEEDBACK in fields else REQUEST
        for name in fields:
            if name in HEAD:
                raise self._reject("a field of the head", f"{table}.{name}", record.line)
        lines = {**lines, **{child.tag: child.line for child in record}}
        return Row(table, {**values, **fields}, record.line, lines)

    def _must_be_well(self, answer: dict[str, str], data: Element) -> None:
        """Refuse what says that a call failed: it is the connector's concern, not the case's."""
        code = answer.get("CODE", OK).strip()
        if code != OK:
            said = FAILED.get(code, "a code that is not known")
            raise rejected(
                f"the answer is no {OK}: {said}",
                partner=self.city,
                field="DATA.CODE",
                value=code,
                line=data.line,
            )

    def _fields(self, parent: Element, children: list[Element]) -> dict[str, str]:
        values: dict[str, str] = {}
        seen: set[str] = set()
        for field in children:
            if field.children or field.tag in seen:
                what = "holds a text and no elements" if field.children else "stands twice"
                name = f"{parent.tag}.{shown(field.tag)}"
                raise self._reject(f"the field {what}", name, field.line)
            seen.add(field.tag)
            if field.text:
                values[field.tag] = field.text
        return values

    # --- writing ---------------------------------------------------------------------------

    def _text(self, row: Row) -> str:
        head = "\n".join(self._element(row, name) for name in HEAD if name in row.values)
        rest = "\n".join(self._element(row, name) for name in row.values if name not in HEAD)
        if row.record != ANSWER:
            number = self._escaped(row, NUMBER)
            rest = f'<RECORD no="1" sid="{number}">\n{rest}\n</RECORD>'
        return (
            f'<?xml version="1.0" encoding="{declared_name(self._encoding)}"?>\n'
            f"<PACKAGE>\n<PACKAGEHEAD>\n{head}\n</PACKAGEHEAD>\n"
            f"<DATA>\n{rest}\n</DATA>\n</PACKAGE>\n"
        )

    def _element(self, row: Row, name: str) -> str:
        return f"<{name}>{self._escaped(row, name)}</{name}>"

    def _escaped(self, row: Row, name: str) -> str:
        try:
            return escaped(row.values[name])
        except Unfit as error:
            field = f"{row.record}.{name}"
            raise rejected(error.detail, partner=self.city, field=field) from error

    def _reject(self, detail: str, field: str, line: int | None) -> DocumentRejected:
        return rejected(detail, partner=self.city, field=field, line=line)


FAMILY = Family("kstb", KstbAdapter, mapping)
