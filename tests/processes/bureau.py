"""A city's own system, behind its drop folders: it answers what is handed over to it.

It speaks `contract`, the JSON of the contract, one line a draft.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from tests.processes.drafts import FACTS, fact_body


@dataclass
class Bureau:
    """Decides every case of which it has been told `expected` things, all in one document."""

    folder: Path
    expected: int
    answered: set[str] = field(default_factory=set)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def documents(self) -> dict[str, list[str]]:
        """The kinds that were handed over, by case, in the order in which they came."""
        found: dict[str, list[tuple[int, str]]] = {}
        for path in self._paths():
            said = orjson.loads(path.read_bytes())
            found.setdefault(said["number"], []).append((path.stat().st_mtime_ns, said["kind"]))
        return {number: [kind for _, kind in sorted(said)] for number, said in found.items()}

    def work(self) -> int:
        """Look once; the number of cases that are answered."""
        for number, kinds in self.documents().items():
            if len(kinds) == self.expected and number not in self.answered:
                self._answer(number)
                self.answered.add(number)
        return len(self.answered)

    def _answer(self, number: str) -> None:
        lines = [
            orjson.dumps(
                {
                    "number": number,
                    "kind": kind.value,
                    "body": orjson.Fragment(fact_body(kind, number).to_json()),
                }
            )
            for kind in FACTS
        ]
        hidden = self.folder / "in" / f".{number}.part"
        hidden.write_bytes(b"\n".join(lines))
        os.rename(hidden, self.folder / "in" / f"{number}.jsonl")

    def _paths(self) -> list[Path]:
        return [path for path in self.out.glob("*") if not path.name.startswith(".")]
