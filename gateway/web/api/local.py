"""``/local/v1/cases``: what the city's own systems may ask of their gateway, with a token.

Submit a case in the JSON of the contract, look how one stands. A listener of its own, which
partners do not reach.
"""

import hashlib

from aiohttp import web

from adapters.adapter import Draft
from adapters.families.contract.codec import ContractAdapter
from contracts.errors import DocumentRejected
from contracts.local import LocalSubmitted
from contracts.messages import Kind
from gateway.exchange.submit import Submit
from gateway.exchange.view import ViewCase
from gateway.exchange.view_json import view_json
from gateway.officers.records import Token
from gateway.web.api.exchange import HeldBytes, read_body
from gateway.web.bearer import Bearer

CASES_PATH = "/local/v1/cases"


class LocalApi:
    """Use cases of the exchange, as endpoints for the city."""

    def __init__(self, us: str, submit: Submit, view: ViewCase, bearer: Bearer) -> None:
        self._contract = ContractAdapter(us)
        self._submit = submit
        self._view = view
        self._bearer = bearer
        self._held = HeldBytes()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(CASES_PATH, self._bearer.needs("case.submit", self.post), name="submit"),
            web.get(
                f"{CASES_PATH}/{{case}}", self._bearer.needs("case.read", self.get), name="read"
            ),
        ]

    async def post(self, request: web.Request, _token: Token) -> web.Response:
        """The same submission twice does nothing twice; another under its number is refused."""
        with self._held.body() as body:
            data = await read_body(request, body)
            draft = self._draft(data)
            intake = f"local/{draft.number}/{_digest(draft)}"
            submitted = await self._submit(draft, intake=intake)
        said = LocalSubmitted(
            case=submitted.case_id, number=draft.number, message=submitted.message_id
        )
        headers = {"Location": f"{CASES_PATH}/{submitted.case_id}"}
        return web.Response(
            body=said.to_json(),
            status=201 if submitted.message_id else 200,
            headers=headers,
            content_type="application/json",
        )

    async def get(self, request: web.Request, token: Token) -> web.Response:
        """By its id, or by the city's own number. Bodies only with the scope `case.open`."""
        opened = "case.open" in token.scopes
        view = await self._view(await self._view.find(request.match_info["case"]), opened=opened)
        return web.json_response(view_json(view, unmasked=opened))

    def _draft(self, data: bytes) -> Draft:
        """Raises DocumentRejected (`document.invalid`)."""
        # In JSON a line end is a space; in the family it ends a draft.
        line = data.replace(b"\r", b" ").replace(b"\n", b" ")
        [draft] = self._contract.read(line)
        if draft.kind is not Kind.SUBMIT:
            raise DocumentRejected("only case.submit opens a case", field="kind")
        return draft


def _digest(draft: Draft) -> str:
    """What is said, however it was written."""
    digest = hashlib.sha256(draft.body.to_json())
    for name, file in sorted(draft.files.items()):
        for part in (name.encode(), file.media_type.encode(), file.data):
            digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
