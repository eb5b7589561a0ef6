"""The bridge from `CodeInvalid` to pydantic, which only listens to its own errors.

The words, position and character stay the same. The value that pydantic would print beside
them is masked, because whatever was typed into a field of codes may be personal data. A
model that holds personal data should set `hide_input_in_errors` as well: errors about other
fields print the whole input.
"""

from collections.abc import Callable

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from contracts.codes.mask import mask_citizen_id
from contracts.errors import CodeInvalid


def validator(check: Callable[[str], str]) -> Callable[[str], str]:
    """`check`, but raising ValidationError where `check` raises CodeInvalid."""

    def validate(value: str) -> str:
        try:
            return check(value)
        except CodeInvalid as error:
            raise validation_error(error, value) from error

    return validate


def validation_error(error: CodeInvalid, value: str) -> ValidationError:
    """`error` about `value` as pydantic reports it: type `code.invalid`, the same words."""
    context = {"detail": error.detail, **error.where}
    reported = PydanticCustomError("code.invalid", "{detail}", context)
    return _report(InitErrorDetails(type=reported, input=mask_citizen_id(value)))


def only_text(value: object) -> object:
    """Refuse a number where a code is due, without printing it: an id may come as one."""
    if isinstance(value, str):
        return value
    shown = f"({type(value).__name__})"
    raise _report(InitErrorDetails(type="string_type", input=shown))


def _report(details: InitErrorDetails) -> ValidationError:
    return ValidationError.from_exception_data("code", [details], hide_input=True)
