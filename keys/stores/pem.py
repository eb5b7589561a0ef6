"""One object in PEM (RFC 7468): the strict form for reading, 64 characters a line."""

import base64
import binascii


def encode(data: bytes, label: str) -> bytes:
    """PEM of `data` under `label`."""
    text = base64.b64encode(data).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def decode(text: bytes, label: str) -> bytes:
    """The object of a PEM file that holds exactly one, under `label`. Raises ValueError."""
    try:
        first, *lines, last = text.decode("ascii").strip().splitlines()
        if (first, last) != (f"-----BEGIN {label}-----", f"-----END {label}-----"):
            raise ValueError("other labels")
        return base64.b64decode("".join(lines), validate=True)
    except (ValueError, binascii.Error):
        raise ValueError(f"not a PEM file with one {label}") from None
