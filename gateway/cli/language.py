"""Chinese first, English by a switch: ``TONGBAN_LANG=en``."""

import os


def say(zh: str, en: str) -> str:
    """The text in the language of whoever reads."""
    return en if os.environ.get("TONGBAN_LANG", "zh").lower().startswith("en") else zh
