"""gdbs: one row of an EX_GDBS table, as the XML string that the SOAP call carries.

``<ExInfo><standardInfo process="EX_GDBS_SL"><Field FieldName="YWLSH">…</Field>…
</standardInfo><ItemInfo DeptCode="" WinCode="" ItemCode="" Action="1"/></ExInfo>``. The call
itself and its gateway headers are a connector's work. ItemInfo addresses the call (department,
window, item, action): it says nothing of the case and is set aside, save that an action other
than writing is refused.
"""

from adapters.adapter import Document, Draft, Written
from adapters.engine.encoding import declared_name, encode_rows
from adapters.engine.naming import document_name
from adapters.engine.rejection import Unfit, rejected
from adapters.engine.row import Row
from adapters.engine.rules import FamilyMapping
from adapters.engine.xml_text import Element, escaped, read_xml
from adapters.families.family import Family, Profile, compiled, packaged_mapping
from contracts.errors import DocumentRejected

MEDIA_TYPE = "application/xml"
WRITTEN = "1"
"""Action of a row that is written; the tables name no other that is known to us."""


def mapping() -> FamilyMapping:
    """The mapping of the family. Raises SettingsInvalid if it does not hold."""
    return packaged_mapping("gdbs")


class GdbsAdapter:
    """The family gdbs for one city."""

    def __init__(self, profile: Profile) -> None:
        self.city = profile.city
        self._encoding = profile.encoding
        self._translator = compiled(mapping(), profile)
        self._department = escaped(profile.options.get("department", ""))

    def read(self, document: bytes) -> list[Draft]:
        """See `adapters.adapter.Adapter.read`."""
        try:
            root = read_xml(document, self._encoding)
        except Unfit as error:
            raise self._reject(error.detail, error.line) from error
        return self._translator.read([self._row(root)])

    def write(self, draft: Draft) -> Written:
        """See `adapters.adapter.Adapter.write`."""
        rows, losses = self._translator.write(draft)
        documents = tuple(self._document(draft, row) for row in rows)
        return Written(documents, tuple(losses))

    def _row(self, root: Element) -> Row:
        if root.tag != "ExInfo":
            raise self._reject(f"the root is {root.tag}, not ExInfo", root.line)
        records = [child for child in root if child.tag == "standardInfo"]
        items = [child for child in root if child.tag == "ItemInfo"]
        if len(records) != 1 or len(items) > 1 or len(records) + len(items) != len(root):
            raise self._reject("ExInfo holds one standardInfo and one ItemInfo", root.line)
        for item in items:
            if item.attributes.get("Action", WRITTEN) != WRITTEN:
                raise rejected(
                    "only rows that are written can be read",
                    partner=self.city,
                    field="ItemInfo.Action",
                    value=item.attributes["Action"],
                    line=item.line,
                )
        record = records[0]
        table = record.attributes.get("process", "")
        lines = {child.attributes.get("FieldName", ""): child.line for child in record}
        return Row(table, self._fields(table, record), record.line, lines)

    def _fields(self, table: str, record: Element) -> dict[str, str]:
        values: dict[str, str] = {}
        seen: set[str] = set()
        for field in record:
            name = field.attributes.get("FieldName", "")
            if field.tag != "Field" or not name or len(field):
                raise self._reject("standardInfo holds Field elements with a FieldName", field.line)
            if name in seen:
                raise rejected(
                    "the field stands twice",
                    partner=self.city,
                    field=f"{table}.{name}",
                    line=field.line,
                )
            seen.add(name)
            if field.text:
                values[name] = field.text
        return values

    def _document(self, draft: Draft, row: Row) -> Document:
        fields = "\n".join(
            f'<Field FieldName="{name}">{self._escaped(text, row.record, name)}</Field>'
            for name, text in row.values.items()
        )
        item = self._escaped(row.values.get("SXBM", ""), row.record, "SXBM")
        text = (
            f'<?xml version="1.0" encoding="{declared_name(self._encoding)}"?>\n'
            f'<ExInfo>\n<standardInfo process="{row.record}">\n{fields}\n</standardInfo>\n'
            f'<ItemInfo DeptCode="{self._department}" WinCode="" ItemCode="{item}"'
            f' Action="{WRITTEN}"/>\n</ExInfo>\n'
        )
        data = encode_rows(text, (row,), self._encoding, self.city)
        return Document(document_name(draft, data, "xml"), MEDIA_TYPE, data)

    def _escaped(self, text: str, record: str, field: str) -> str:
        try:
            return escaped(text)
        except Unfit as error:
            raise rejected(error.detail, partner=self.city, field=f"{record}.{field}") from error

    def _reject(self, detail: str, line: int | None) -> DocumentRejected:
        return rejected(detail, partner=self.city, field="document", line=line)


FAMILY = Family("gdbs", GdbsAdapter, mapping, options=("department",))
