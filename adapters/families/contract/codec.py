"""contract: the JSON of the contract itself, for cities whose systems speak it.

One line is one draft: ``{"number", "kind", "body", "files": {name: {"media_type", "data"}}}``
with `data` in base64; a line may repeat the `application`. Everything is carried.
"""

import base64
import binascii
from typing import Any

import orjson
from pydantic import ValidationError

from adapters.adapter import Document, Draft, File, Written
from adapters.engine.encoding import decode
from adapters.engine.json_text import read_json
from adapters.engine.naming import document_name
from adapters.engine.rejection import Mask, Unfit, mask_for, rejected
from adapters.families.family import Family, Profile
from contracts.case import Application
from contracts.errors import DocumentRejected
from contracts.messages import BODIES, Kind
from contracts.model import Model

MEDIA_TYPE = "application/x-ndjson"
LARGEST = 64 * 1024 * 1024
_KEYS = {"number", "kind", "body", "files", "application"}
_NEEDED = {"number", "kind", "body"}


class ContractAdapter:
    """The family contract for one city. Always UTF-8."""

    def __init__(self, city: str) -> None:
        """`city`: its member code."""
        self.city = city

    @classmethod
    def of(cls, profile: Profile) -> "ContractAdapter":
        return cls(profile.city)

    def read(self, document: bytes) -> list[Draft]:
        """See `adapters.adapter.Adapter.read`."""
        if len(document) > LARGEST:
            raise self._reject(f"{len(document)} bytes, and {LARGEST} are allowed", "document")
        try:
            text = decode(document, "utf-8")
        except Unfit as error:
            raise self._reject(error.detail, "encoding", line=error.line) from error
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if not lines:
            raise self._reject("the document holds no line", "document")
        return [self._draft(line, number) for number, line in lines]

    def write(self, draft: Draft) -> Written:
        """See `adapters.adapter.Adapter.write`. There are no losses."""
        said: dict[str, Any] = {
            "number": draft.number,
            "kind": str(draft.kind),
            "body": orjson.Fragment(draft.body.to_json()),
        }
        if draft.files:
            said["files"] = {
                name: {"media_type": file.media_type, "data": base64.b64encode(file.data).decode()}
                for name, file in draft.files.items()
            }
        if draft.application is not None:
            said["application"] = orjson.Fragment(draft.application.to_json())
        data = orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)
        return Written((Document(document_name(draft, data, "jsonl"), MEDIA_TYPE, data),))

    def _draft(self, text: str, line: int) -> Draft:
        try:
            said = read_json(text)
        except Unfit as error:
            raise self._reject(error.detail, error.field or "document", line=line) from error
        if not isinstance(said, dict) or not said.keys() >= _NEEDED:
            raise self._reject("a line needs number, kind and body", "document", line=line)
        unknown = sorted(said.keys() - _KEYS)
        if unknown:
            raise self._reject("a field that the contract does not know", unknown[0], line=line)
        number = said["number"]
        if not isinstance(number, str) or not 1 <= len(number) <= 100:
            raise self._reject("number is a text of 1 to 100 characters", "number", line=line)
        try:
            kind = Kind(said["kind"])
        except ValueError as error:
            value = str(said["kind"])
            raise self._reject("no kind of the contract", "kind", value, line=line) from error
        body = self._model(BODIES[kind], said["body"], "body", line)
        application = said.get("application")
        if application is not None:
            application = self._model(Application, application, "application", line)
        files = self._files(said.get("files", {}), line)
        return Draft(number, kind, body, files, application)

    def _model(self, model: type[Model], said: Any, field: str, line: int) -> Any:
        try:
            return model.model_validate(said)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            path = tuple(first["loc"])
            where = ".".join(map(str, (field, *path)))
            value = first["input"] if isinstance(first["input"], str) else None
            mask = mask_for(path)
            raise self._reject(first["msg"], where, value, mask=mask, line=line) from error

    def _files(self, said: Any, line: int) -> dict[str, File]:
        if not isinstance(said, dict):
            raise self._reject("files are an object", "files", line=line)
        files = {}
        for name, file in said.items():
            try:
                data = base64.b64decode(file["data"], validate=True)
                media_type = file["media_type"]
            except (KeyError, TypeError, ValueError, binascii.Error) as error:
                detail = "a file has a media_type and data in base64"
                raise self._reject(detail, f"files.{name}", line=line) from error
            if not isinstance(media_type, str):
                raise self._reject("media_type is a text", f"files.{name}", line=line)
            files[name] = File(media_type, data)
        return files

    def _reject(
        self,
        detail: str,
        field: str,
        value: str | None = None,
        *,
        mask: Mask | None = None,
        line: int | None = None,
    ) -> DocumentRejected:
        return rejected(detail, partner=self.city, field=field, value=value, mask=mask, line=line)


FAMILY = Family("contract", ContractAdapter.of, encodings=("utf-8",))
