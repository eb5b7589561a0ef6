"""The published examples of SM2, SM3 and SM4: GB/T 32905, 32907, 32918.5 and RFC 8998."""

import json
from pathlib import Path
from typing import Any

GM_VECTORS: dict[str, Any] = json.loads(
    Path(__file__).with_name("gm_vectors.json").read_text("utf-8")
)
"""The sections of the file; binary values are in hexadecimal."""


def gm_vector(section: str, name: str = "") -> dict[str, bytes]:
    """The first example of `section` whose name holds `name`, binary values decoded."""
    example = next(v for v in GM_VECTORS[section] if name in v.get("name", ""))
    text = {"name", "mode", "id"}
    return {field: bytes.fromhex(value) for field, value in example.items() if field not in text}
