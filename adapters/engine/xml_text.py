"""XML from partners, read without trust: no DOCTYPE, no entities, no network, and limits.

A DOCTYPE is refused before anything is parsed, which leaves no entity to expand and no
external file to ask for. The text is decoded first (see `adapters.engine.encoding`), so a
wrong encoding declaration does no harm.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from lxml import etree

from adapters.engine.encoding import decode, known_encoding, settled
from adapters.engine.rejection import Unfit

LARGEST = 4 * 1024 * 1024
DEEPEST = 16
MOST_ELEMENTS = 10_000

_DECLARATION = re.compile(
    rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']"""
)
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"\r": "&#13;", '"': "&quot;", "\t": "&#9;"}
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(slots=True)
class Element:
    """One element: tag, attributes, text directly inside, children, and the line it begins on."""

    tag: str
    attributes: dict[str, str]
    text: str
    line: int
    children: list["Element"] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.children)

    def __iter__(self) -> Iterator["Element"]:
        return iter(self.children)


def escaped(text: str) -> str:
    """`text` as it may stand in an element or in quotation marks. Raises Unfit where XML cannot
    hold a character."""
    if _ILLEGAL.search(text):
        raise Unfit("a character that XML cannot hold")
    return escape(text, _ESCAPES)


def read_xml(data: bytes, encoding: str, largest: int = LARGEST) -> Element:
    """The root element of an XML document.

    `encoding` holds where the document declares none. Raises Unfit for what is not XML or
    breaks a limit, with the line where it is known.
    """
    if len(data) > largest:
        raise Unfit(f"{len(data)} bytes, and {largest} are allowed")
    declared = _DECLARATION.match(data.removeprefix(b"\xef\xbb\xbf"))
    name = settled(known_encoding(declared[1].decode()), encoding) if declared else encoding
    text = decode(data, name)
    doctype = text.find("<!DOCTYPE")
    if doctype >= 0:
        raise Unfit("a DOCTYPE is not allowed", line=text.count("\n", 0, doctype) + 1)
    # The declaration goes, its line stays: the numbers of the lines must hold.
    body = _DECLARED.sub(lambda found: "\n" * found[0].count("\n"), text, count=1)
    try:
        root = etree.fromstring(body.encode("utf-8"), _PARSER)
    except etree.XMLSyntaxError as error:
        raise Unfit(f"not XML: {error.msg}", line=error.lineno) from error
    return _plain(root, _Count())


@dataclass(slots=True)
class _Count:
    elements: int = 0


_PARSER = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
"""One for all: it keeps nothing of a document, and threads take turns at it."""


def _plain(element: etree._Element, count: _Count, depth: int = 1) -> Element:
    line = element.sourceline if isinstance(element.sourceline, int) else 0
    if depth > DEEPEST:
        raise Unfit(f"elements nested deeper than {DEEPEST}", line=line)
    count.elements += 1
    if count.elements > MOST_ELEMENTS:
        raise Unfit(f"more than {MOST_ELEMENTS} elements", line=line)
    tag = element.tag
    if not isinstance(tag, str):
        raise Unfit("an entity reference is not allowed", line=line)
    children = []
    for child in element:
        children.append(_plain(child, count, depth + 1))
        if (tail := child.tail) and not tail.isspace():
            raise Unfit("text between elements", line=line)
    attributes = {str(name): str(value) for name, value in element.items()}
    return Element(tag, attributes, element.text or "", line, children)
