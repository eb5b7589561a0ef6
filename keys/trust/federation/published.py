"""What a member publishes, read: its file, and its catalogue of matters."""

from pydantic import ValidationError

from contracts.errors import TrustRefused
from contracts.json_shape import check_shape
from keys import strict_json
from keys.trust.federation import layout
from keys.trust.member import Member


def read_member(data: bytes) -> Member:
    """A member's file. Raises ValueError with one line."""
    try:
        return Member.model_validate(strict_json.loads_object(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def read_catalogue(data: bytes) -> dict[str, object]:
    """A catalogue: any JSON object within the limits; what is in it, is for its readers.

    Raises ValueError with one line.
    """
    try:
        check_shape(
            data,
            TrustRefused,
            "trust.oversized",
            size=layout.CATALOGUE_BYTES,
            depth=layout.CATALOGUE_DEPTH,
            nodes=layout.CATALOGUE_NODES,
        )
    except TrustRefused as error:
        raise ValueError(error.detail) from None
    return strict_json.loads_object(data)
