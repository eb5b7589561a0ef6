"""Documents of epoint in the clear, for people: samples, and what a demonstration shows.

The XML of the document, one element a line; of an application what is pulled, its list of
materials behind it. Nothing is checked here: the codec does that when the document is read.
"""

import re

import orjson

from adapters.families.epoint.codec import APPLICATION, INFO, MATERIALS, NOTIFIED, OK, POSTED
from adapters.families.epoint.envelope import Envelope

_DECLARATION = re.compile(r"^<\?xml[^>]*\?>")
_DATA = re.compile(r"<data>(.*)</data>")
_LIST = re.compile(r"<MATERIALLIST>.*</MATERIALLIST>\s*$|<MATERIALLIST/>\s*$", re.DOTALL)
_BETWEEN = re.compile(r">\s+<")
_NEXT = re.compile(r"(?<=>)(?=<[^/])|(?<=LIST>)(?=</)|(?<=>)(?=</(?:\w+LIST|\w+INFO)>)")


def in_the_clear(document: bytes, envelope: Envelope, encoding: str) -> str:
    """The XML in a document that the codec can read."""
    parts = orjson.loads(document)
    shown = [parts[INFO], parts[MATERIALS]] if INFO in parts else [parts[POSTED]]
    texts = []
    for text in shown:
        data = _DATA.search(text)
        plain = envelope.open(data[1] if data else text).decode(encoding)
        texts.append(_NEXT.sub("\n", _DECLARATION.sub("", plain)))
    return "\n".join(texts) + "\n"


def sealed(clear: str, envelope: Envelope, encoding: str) -> bytes:
    """The document whose XML is `clear`, as a platform would send it."""

    def seal(xml: str) -> str:
        return envelope.seal(_BETWEEN.sub("><", xml.strip()).encode(encoding))

    def answer(xml: str) -> str:
        return f"<result><code>{OK}</code><msg/><data>{seal(xml)}</data></result>"

    if not clear.lstrip().startswith(f"<{APPLICATION}>"):
        return orjson.dumps({POSTED: seal(clear)})
    listed = _LIST.search(clear)
    info = clear[: listed.start()] if listed else clear
    said = [found[0] for name in NOTIFIED if (found := re.search(f"<{name}>.*?</{name}>", info))]
    return orjson.dumps(
        {
            POSTED: seal(f"<{APPLICATION}>{''.join(said)}</{APPLICATION}>"),
            INFO: answer(info),
            MATERIALS: answer(listed[0] if listed else "<MATERIALLIST/>"),
        }
    )
