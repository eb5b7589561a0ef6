"""Makes the sample documents of epoint from the XML in the clear.

    .venv/bin/python -m tests.vectors.epoint.make

``samples/clear/NN-….xml`` is what people edit: the XML of one document, or of an application with
its list of materials behind it. ``samples/NN-….json`` is the same sealed under the published key,
``samples/canonical/NN-….jsonl`` what it reads as: look at the difference before it is committed.
"""

from pathlib import Path

from adapters.adapter import Draft
from adapters.families.epoint.clear import sealed
from adapters.families.epoint.envelope import Envelope
from tests.unit.adapters.cities import SM4_KEY, contract, epoint

SAMPLES = Path(__file__).parents[3] / "adapters" / "families" / "epoint" / "samples"
ENVELOPE = Envelope(bytes.fromhex(SM4_KEY), bytes(16))


def seal(clear: str) -> str:
    """The ciphertext of `clear` in base64."""
    return ENVELOPE.seal(clear.encode())


def answer(clear: str) -> str:
    """The answer to a call that pulls `clear`."""
    return f"<result><code>200</code><msg/><data>{seal(clear)}</data></result>"


def canonical(drafts: list[Draft]) -> bytes:
    """What was read, in the JSON of the contract."""
    written = [contract().write(draft).documents[0].data for draft in drafts]
    return b"".join(written)


def main() -> None:
    for clear in sorted((SAMPLES / "clear").glob("*.xml")):
        document = sealed(clear.read_text("utf-8"), ENVELOPE, "utf-8")
        (SAMPLES / f"{clear.stem}.json").write_bytes(document + b"\n")
        read = canonical(epoint().read(document))
        (SAMPLES / "canonical" / f"{clear.stem}.jsonl").write_bytes(read)


if __name__ == "__main__":
    main()
