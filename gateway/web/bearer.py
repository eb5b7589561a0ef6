"""Bearer tokens (RFC 6750): who may call an endpoint of the local API."""

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from contracts.errors import TongbanError, Unchecked, Wrong
from gateway.officers.records import Token
from gateway.officers.tokens import Tokens, need
from gateway.web.failures import Failures
from gateway.web.problem import problem

_LOG = logging.getLogger("tongban.local")
_REALM = 'Bearer realm="tongban"'

Handler = Callable[[web.Request, Token], Awaitable[web.Response]]


class TokenMeter(Protocol):
    """Counts refused tokens. Never raises."""

    def token_refused(self, code: str) -> None: ...


class TooMany(Unchecked):
    """Somebody shows wrong tokens over and over; in `seconds` he may try again."""

    default_code = "access.too_many"

    def __init__(self, seconds: float) -> None:
        super().__init__("too many wrong tokens from there")
        self.seconds = seconds


class Bearer:
    """Puts the need for a scope before a handler, and turns errors into answers."""

    def __init__(
        self,
        tokens: Tokens,
        meter: TokenMeter,
        *,
        monotonic: Callable[[], float],
        new_trace: Callable[[], str],
    ) -> None:
        self._tokens = tokens
        self._meter = meter
        self._failures = Failures(monotonic)
        self._new_trace = new_trace

    def needs(
        self, scope: str, handler: Handler
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """`handler` for those whose token was given for `scope`."""

        async def answer(request: web.Request) -> web.Response:
            trace = self._new_trace()
            try:
                token = await self._token(request)
                need(token, scope)
                _LOG.info(
                    "%s %s by token %s of %s",
                    request.method,
                    request.match_info.route.name or "",
                    token.id,
                    token.owner,
                    extra={"trace": trace},
                )
                return await handler(request, token)
            except TongbanError as error:
                return self._refusal(error, scope, trace)

        return answer

    async def _token(self, request: web.Request) -> Token:
        """Raises Wrong (`access.invalid`), Unchecked (`access.too_many`)."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        # Behind one proxy stand several systems: what one shows wrong is not held against others.
        place = f"{request.remote}/{self._tokens.id_of(text.strip())}"
        if (wait := self._failures.wait(place)) > 0:
            raise TooMany(wait)
        try:
            if scheme.lower() != "bearer":
                raise Wrong("no token was shown", code="access.invalid", header="Authorization")
            return await self._tokens.check(text.strip())
        except Wrong:
            self._failures.note(place)
            raise

    def _refusal(self, error: TongbanError, scope: str, trace: str) -> web.Response:
        answer = problem(error, trace=trace)
        if not error.code.startswith("access."):
            return answer
        self._meter.token_refused(error.code)
        if isinstance(error, TooMany):
            answer.headers["Retry-After"] = str(math.ceil(error.seconds))
        if error.code == "access.invalid":
            # Who showed none is told the scheme, and no more: RFC 6750, section 3.1.
            said = "" if error.where else ', error="invalid_token"'
            answer.headers["WWW-Authenticate"] = f"{_REALM}{said}"
        elif error.code == "access.scope":
            answer.headers["WWW-Authenticate"] = (
                f'{_REALM}, error="insufficient_scope", scope="{scope}"'
            )
        return answer
