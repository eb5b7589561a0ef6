"""epoint: platform XML, encrypted with SM4, as the JSON that is posted.

``{"xmlStr": "<base64>"}``; see `adapters.families.epoint.envelope` for what is in it. The root of
the XML names the table, its children are the fields; a list (MATERIALLIST, CERTIFICATELIST)
holds the repeated rows.

An application is notified and then pulled. Its document holds the whole conversation, so that
it can be read by itself: beside ``xmlStr``, which is posted to sendApplyNO, ``getApplyInfo`` and
``getMaterialList`` hold the answers to those calls, ``<result><code>200</code><msg/>
<data>base64</data></result>``. A connector posts the first, gives the others when they are asked
for, and in the other direction asks for them; it needs no key for that.
"""

import orjson

from adapters.adapter import Document, Draft, Written
from adapters.engine.encoding import declared_name, decode, encode
from adapters.engine.json_text import read_json
from adapters.engine.naming import document_name
from adapters.engine.rejection import Unfit, rejected, shown
from adapters.engine.row import Row
from adapters.engine.rules import FamilyMapping
from adapters.engine.xml_text import Element, escaped, read_xml
from adapters.families.epoint.envelope import KEY_LENGTH, Envelope
from adapters.families.family import Family, Profile, compiled, packaged_mapping
from contracts.errors import DocumentRejected, SettingsInvalid

MEDIA_TYPE = "application/json"
LARGEST = 16 * 1024 * 1024
POSTED, INFO, MATERIALS = "xmlStr", "getApplyInfo", "getMaterialList"
NUMBER = "SBLSH_SHORT"
APPLICATION = "APPROVEDATAINFO"
NOTIFIED = (NUMBER, "SXBM", "XZQHDM", "EXPRESSTYPE")
"""The fields of an application that the notification holds; the rest is pulled."""
LISTS = {"MATERIALLIST": "MATERIAL", "CERTIFICATELIST": "CERTIFICATE"}
OK = "200"

_KEYS = (POSTED, INFO, MATERIALS)
_LIST_OF = {item: name for name, item in LISTS.items()}


def mapping() -> FamilyMapping:
    """The mapping of the family. Raises SettingsInvalid if it does not hold."""
    return packaged_mapping("epoint")


def envelope_of(profile: Profile) -> Envelope:
    """The envelope under the key and vector of `profile`. Raises SettingsInvalid, without either.

    The vector is no secret (option `vector`); without it, sixteen zeros are taken.
    """
    mistakes: list[str] = []
    given = {
        "secrets.sm4_key": profile.secrets.get("sm4_key", ""),
        "options.vector": profile.options.get("vector", "00" * KEY_LENGTH),
    }
    values = []
    for name, text in given.items():
        try:
            value = bytes.fromhex(text.strip())
        except ValueError:
            value = b""
        if len(value) != KEY_LENGTH:
            mistakes.append(f"{name}: {2 * KEY_LENGTH} hexadecimal digits are needed")
        values.append(value)
    if mistakes:
        raise SettingsInvalid(mistakes, source=profile.city)
    return Envelope(values[0], values[1])


class EpointAdapter:
    """The family epoint for one city."""

    def __init__(self, profile: Profile) -> None:
        self.city = profile.city
        self._encoding = profile.encoding
        self._envelope = envelope_of(profile)
        self._translator = compiled(mapping(), profile)

    def read(self, document: bytes) -> list[Draft]:
        """See `adapters.adapter.Adapter.read`."""
        return self._translator.read(self._rows(self._parts(document)))

    def write(self, draft: Draft) -> Written:
        """See `adapters.adapter.Adapter.write`."""
        rows, losses = self._translator.write(draft)
        main, items = rows[0], rows[1:]
        if main.record == APPLICATION:
            notified = {name: text for name, text in main.values.items() if name in NOTIFIED}
            parts = {
                POSTED: self._sealed(self._xml(Row(APPLICATION, notified), [])),
                INFO: _answer(self._sealed(self._xml(main, []))),
                MATERIALS: _answer(self._sealed(self._list(items, "MATERIAL"))),
            }
        else:
            parts = {POSTED: self._sealed(self._xml(main, items))}
        data = orjson.dumps(parts)
        name = document_name(draft, data, "json")
        return Written((Document(name, MEDIA_TYPE, data),), tuple(losses))

    # --- reading ---------------------------------------------------------------------------

    def _parts(self, document: bytes) -> dict[str, str]:
        if len(document) > LARGEST:
            raise self._reject(f"{len(document)} bytes, and {LARGEST} are allowed")
        try:
            parts = read_json(decode(document, "utf-8"))
        except Unfit as error:
            raise self._reject(error.detail, error.field or "document") from error
        if not isinstance(parts, dict) or POSTED not in parts:
            raise self._reject(f"a document is an object with {POSTED}")
        for name, text in parts.items():
            if name not in _KEYS:
                raise self._reject("a field that the platform does not send", shown(name))
            if not isinstance(text, str):
                raise self._reject("a text is wanted", name)
        return parts

    def _rows(self, parts: dict[str, str]) -> list[Row]:
        root = self._opened(POSTED, parts[POSTED])
        if root.tag != APPLICATION:
            if len(parts) > 1:
                raise self._reject("answers are pulled for applications only", INFO)
            return self._record(root)
        row, *items = self._record(root)
        if INFO in parts:
            info, *more = self._record(self._answered(INFO, parts[INFO], APPLICATION))
            row, items = self._merged(row, info), items + more
        elif row.values.keys() <= set(NOTIFIED):
            raise self._reject(f"a notification alone: {INFO} must be pulled", INFO)
        if MATERIALS in parts:
            listed = self._answered(MATERIALS, parts[MATERIALS], "MATERIALLIST")
            items += self._items(listed, row.values.get(NUMBER, ""))
        return [row, *items]

    def _merged(self, notified: Row, pulled: Row) -> Row:
        """The application of both; what both say must be the same."""
        for name, text in notified.values.items():
            if pulled.values.get(name, text) != text:
                raise self._reject(
                    "the notification and the answer differ", f"{APPLICATION}.{name}"
                )
        return Row(APPLICATION, {**notified.values, **pulled.values})

    def _answered(self, name: str, text: str, wanted: str) -> Element:
        """The XML that the answer `text` to the call `name` holds."""
        root = self._xml_in(name, text.encode("utf-8"), "utf-8")
        fields = self._fields(name, list(root))
        if fields.get("code") != OK:
            raise rejected(
                f"the answer is no {OK}",
                partner=self.city,
                field=f"{name}.code",
                value=fields.get("code"),
            )
        found = self._opened(f"{name}.data", fields.get("data", ""))
        if found.tag != wanted:
            raise self._reject(f"the root is no {wanted}", f"{name}.data")
        return found

    def _opened(self, name: str, text: str) -> Element:
        try:
            plain = self._envelope.open(text)
        except Unfit as error:
            raise self._reject(error.detail, name) from error
        return self._xml_in(name, plain, self._encoding)

    def _xml_in(self, name: str, data: bytes, encoding: str) -> Element:
        try:
            return read_xml(data, encoding)
        except Unfit as error:
            raise self._reject(error.detail, name) from error

    def _record(self, root: Element) -> list[Row]:
        lists = [child for child in root if child.tag in LISTS]
        values = self._fields(root.tag, [child for child in root if child.tag not in LISTS])
        number = values.get(NUMBER, "")
        return [
            Row(root.tag, values),
            *(row for listed in lists for row in self._items(listed, number)),
        ]

    def _items(self, listed: Element, number: str) -> list[Row]:
        """The rows of a list; they belong to the case of the document."""
        wanted = LISTS[listed.tag]
        rows = []
        for item in listed:
            if item.tag != wanted:
                raise self._reject(f"a list of {wanted} holds nothing else", listed.tag)
            values = self._fields(wanted, list(item))
            if values.setdefault(NUMBER, number) != number:
                raise self._reject("an item of another case", f"{wanted}.{NUMBER}")
            rows.append(Row(wanted, values))
        return rows

    def _fields(self, table: str, children: list[Element]) -> dict[str, str]:
        values: dict[str, str] = {}
        seen: set[str] = set()
        for field in children:
            if field.children or field.tag in seen:
                what = "holds a text and no elements" if field.children else "stands twice"
                raise self._reject(f"the field {what}", f"{table}.{shown(field.tag)}")
            seen.add(field.tag)
            if field.text:
                values[field.tag] = field.text
        return values

    # --- writing ---------------------------------------------------------------------------

    def _xml(self, main: Row, items: list[Row]) -> str:
        """The XML of a row and the items of its list, without a line end anywhere."""
        lists = self._list(items, items[0].record) if items else ""
        return f"<{main.record}>{self._elements(main)}{lists}</{main.record}>"

    def _list(self, items: list[Row], record: str) -> str:
        """All rows of one list; the number is that of the document and not repeated."""
        inner = "".join(f"<{record}>{self._elements(row)}</{record}>" for row in items)
        return f"<{_LIST_OF[record]}>{inner}</{_LIST_OF[record]}>"

    def _elements(self, row: Row) -> str:
        repeated = row.record in _LIST_OF
        found = []
        for name, text in row.values.items():
            if repeated and name == NUMBER:
                continue
            try:
                encode(text, self._encoding)
                found.append(f"<{name}>{_on_one_line(text)}</{name}>")
            except Unfit as error:
                raise self._reject(error.detail, f"{row.record}.{name}") from error
        return "".join(found)

    def _sealed(self, xml: str) -> str:
        declaration = f'<?xml version="1.0" encoding="{declared_name(self._encoding)}"?>'
        return self._envelope.seal(encode(declaration + xml, self._encoding))

    def _reject(self, detail: str, field: str = "document") -> DocumentRejected:
        return rejected(detail, partner=self.city, field=field)


def _on_one_line(text: str) -> str:
    """`text` for an element, with a reference in place of each line end. Raises Unfit."""
    return escaped(text).replace("\n", "&#10;")


def _answer(data: str) -> str:
    return f"<result><code>{OK}</code><msg/><data>{data}</data></result>"


FAMILY = Family("epoint", EpointAdapter, mapping, options=("vector",), secrets=("sm4_key",))
