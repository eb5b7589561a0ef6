"""Code tables: a partner's code on one side, our word on the other, read both ways.

`codes` must be invertible. What is not lies beside it: `aliases` are further codes that are
read and never written; `narrowings` are further words that are written as the nearest code,
which is reported as a loss, and never read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One table. `readings` and `writings` are made from the three lists by `make_table`."""

    name: str
    codes: Mapping[str, str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    narrowings: Mapping[str, str] = field(default_factory=dict)

    @property
    def readings(self) -> dict[str, str]:
        """Every code that can be read, and its word."""
        return {**self.aliases, **self.codes}

    @property
    def writings(self) -> dict[str, str]:
        """Every word that can be written without loss, and its code."""
        return {word: code for code, word in self.codes.items()}

    def words(self) -> set[str]:
        return {*self.codes.values(), *self.aliases.values(), *self.narrowings}


def ambiguities(table: CodeTable) -> list[str]:
    """Why `table` cannot be read both ways: one sentence a finding, none if it can."""
    found = []
    by_word: dict[str, str] = {}
    for code, word in table.codes.items():
        if word in by_word:
            found.append(
                f"{by_word[word]!r} and {code!r} both mean {word!r}: put one under aliases"
            )
        by_word.setdefault(word, code)
    found += [
        f"alias {code!r} is a code of the table already"
        for code in table.aliases
        if code in table.codes
    ]
    for word, code in table.narrowings.items():
        if word in by_word:
            found.append(f"narrowing {word!r} has its own code {by_word[word]!r}")
        if code not in table.codes:
            found.append(f"narrowing {word!r}: {code!r} is no code of the table")
    return found


def override(table: CodeTable, codes: Mapping[str, str]) -> CodeTable:
    """`table` with `codes` (code to word) in place of every entry that shares code or word.

    An older code whose word got a new code is forgotten, so the result stays invertible.
    Narrowings to a code that is gone follow the word to its new code, or go.
    """
    words = set(codes.values())
    kept = {c: w for c, w in table.codes.items() if c not in codes and w not in words}
    aliases = {c: w for c, w in table.aliases.items() if c not in codes}
    merged = {**kept, **codes}
    new_code = {word: code for code, word in merged.items()}
    narrowings = {}
    for word, code in table.narrowings.items():
        target = new_code.get(table.codes[code])
        if word not in new_code and target is not None:
            narrowings[word] = target
    return CodeTable(table.name, merged, aliases, narrowings)
