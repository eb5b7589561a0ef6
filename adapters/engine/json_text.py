"""JSON from partners, read strictly: a field that stands twice is an error, not the last one."""

import json
from typing import Any

from adapters.engine.rejection import Unfit, shown


def read_json(text: str) -> Any:
    """The JSON value in `text`. Raises Unfit for what is not JSON, or too deep, or ambiguous,
    and for half of a surrogate pair, which cannot be written again."""
    try:
        value = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise Unfit(f"not JSON: {error.msg} (character {error.pos + 1})") from error
    except UnicodeEncodeError as error:
        raise Unfit("not JSON that can be read: half of a surrogate pair") from error
    except RecursionError as error:
        raise Unfit("not JSON that can be read: nested too deep") from error
    except ValueError as error:
        raise Unfit(f"not JSON that can be read: {error}") from error
    return value


def is_json(text: str) -> bool:
    """Whether `text` is a JSON value that `read_json` reads."""
    try:
        read_json(text)
    except Unfit:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Unfit("the field stands twice in one object", field=shown(twice))
    return found


def _constant(name: str) -> Any:
    raise Unfit(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
