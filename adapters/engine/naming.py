"""Names of documents: safe as file names, and different where the documents differ."""

import hashlib
import re

from adapters.adapter import Draft

_UNSAFE = re.compile(r"[^0-9A-Za-z_-]")
_LONGEST_NUMBER = 60


def document_name(draft: Draft, data: bytes, suffix: str) -> str:
    """`case.submit-4101002020112400001-1f0c8a2b.jsonl`: kind, number, digest of the bytes."""
    number = _UNSAFE.sub("_", draft.number)[:_LONGEST_NUMBER]
    digest = hashlib.sha256(data).hexdigest()[:8]
    return f"{draft.kind}-{number}-{digest}.{suffix}"
