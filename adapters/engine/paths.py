"""Canonical paths, `application.applicant.name` or `certificates[0].number`, and their checks.

A step is a field name, `[]` (every item of a list) or `[0]` (its first item). Paths are
checked against the pydantic models when a mapping is loaded, never while translating.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

Step = str | int
Path = tuple[Step, ...]
EACH = "[]"

_STEP = re.compile(r"([a-z_][a-z0-9_]*)(\[\]|\[0\])?")


class PathError(ValueError):
    """A path that is malformed or leads nowhere."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a path leads to: its type, its default (None if it has none), whether a value is due."""

    type: Any
    default: Any
    required: bool

    @property
    def is_model(self) -> bool:
        return isinstance(self.type, type) and issubclass(self.type, BaseModel)

    @property
    def words(self) -> tuple[str, ...] | None:
        """The words of an enumeration, None for any other type."""
        if isinstance(self.type, type) and issubclass(self.type, Enum):
            return tuple(str(member.value) for member in self.type)
        return None

    @property
    def is_moment(self) -> bool:
        return self.type is datetime


@cache
def parse(text: str) -> Path:
    """The steps of a path. Raises PathError."""
    steps: list[Step] = []
    for piece in text.split("."):
        found = _STEP.fullmatch(piece)
        if found is None:
            raise PathError(f"{piece!r} in {text!r} is not a step of a path")
        steps.append(found[1])
        if found[2]:
            steps.append(EACH if found[2] == EACH else 0)
    return tuple(steps)


def render(path: Path) -> str:
    """The text of a path: `("certificates", 0, "name")` is `certificates[0].name`."""
    text = ""
    for step in path:
        if step == EACH:
            text += EACH
        elif isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def resolve(model: type[BaseModel], path: Path) -> Target:
    """What `path` leads to in `model`. Raises PathError, naming the step that fails."""
    here: Any = model
    default: Any = None
    required = True
    for position, step in enumerate(path):
        if step == EACH or isinstance(step, int):
            if get_origin(here) is not tuple:
                raise PathError(f"{render(path[:position])} is no list")
            here, default = _bare(get_args(here)[0]), None
            continue
        if not (isinstance(here, type) and issubclass(here, BaseModel)):
            raise PathError(f"{render(path[:position])} has no fields")
        info = here.model_fields.get(step)
        if info is None:
            raise PathError(f"{here.__name__} has no field {step!r} (in {render(path)})")
        required = required and info.is_required()
        default = None if info.default is PydanticUndefined else info.default
        here = _bare(info.annotation)
    return Target(here, default, required)


@lru_cache(maxsize=4096)
def default_of(model: type[BaseModel], path: Path) -> Any:
    """The default of the field at `path`; None where there is none or no such field."""
    try:
        return resolve(model, path).default
    except PathError:
        return None


def required_fields(model: type[BaseModel], under: Path = ()) -> Iterator[Path]:
    """Paths of the leaves without which `model` cannot be made."""
    for name, info in model.model_fields.items():
        if not info.is_required():
            continue
        inner = _bare(info.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from required_fields(inner, (*under, name))
        else:
            yield (*under, name)


def _bare(annotation: Any) -> Any:
    """`annotation` without Annotated and without the None of an optional field."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        kept = [part for part in get_args(annotation) if part is not type(None)]
        if len(kept) == 1:
            return _bare(kept[0])
    return annotation
