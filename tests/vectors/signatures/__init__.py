"""Signatures and public keys that are none, made by `make.py`; see there."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("malformed.json")


def malformed() -> dict[str, Any]:
    """What the file holds: `keys`, `good`, `signatures`, `public_keys`."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found
