"""Chinese first, English by a switch: ``--lang en`` anywhere, or ``TONGBAN_LANG=en``."""

import os

VARIABLE = "TONGBAN_LANG"
LANGUAGES = ("zh", "en")
_OPTION = "--lang"


def say(zh: str, en: str) -> str:
    """The text in the language of whoever reads."""
    return en if os.environ.get(VARIABLE, "zh").lower().startswith("en") else zh


def choose(arguments: list[str]) -> list[str]:
    """Take ``--lang`` out of `arguments`, wherever it stands, and read on in that language.

    It is looked for before any command is, so that help and usage errors are in it too.
    A language that is not known stays where it is: the command line complains of it.
    """
    rest: list[str] = []
    index = 0
    while index < len(arguments):
        word, _, value = arguments[index].partition("=")
        if word == _OPTION and not value and index + 1 < len(arguments):
            value, taken = arguments[index + 1], 2
        else:
            taken = 1
        if word == "--":
            return [*rest, *arguments[index:]]
        if word == _OPTION and value in LANGUAGES:
            os.environ[VARIABLE] = value
        else:
            rest.extend(arguments[index : index + taken])
        index += taken
    return rest
