"""Errors as answers: RFC 9457, application/problem+json."""

import logging
import math
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from contracts.errors import REASONS, PartnerLimited, PartnerUnreachable, TongbanError
from contracts.wire import Problem

_LOG = logging.getLogger("tongban.web")
MEDIA_TYPE = "application/problem+json"


def problem(error: TongbanError, *, trace: str) -> web.Response:
    """What was wrong, where, whose side, whether to try again, and what to do."""
    reason = REASONS[error.code]
    body = Problem(
        type=f"urn:tongban:problem:{error.code}",
        title=reason.en,
        status=reason.status,
        detail=error.detail,
        code=error.code,
        side=reason.side,
        retry=reason.retry,
        where=error.where,
        remedy=reason.remedy_en,
        trace=trace,
    )
    headers = {"Tongban-Trace": trace}
    after = None
    if isinstance(error, PartnerLimited | PartnerUnreachable):
        after = error.retry_after
    if after is None and reason.status in {429, 503, 507}:
        after = 2.0
    if after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(after)))
    return web.Response(
        status=reason.status, body=body.to_json(), content_type=MEDIA_TYPE, headers=headers
    )


def answer_unforeseen(new_trace: Callable[[], str]) -> Middleware:
    """A middleware: a fault of ours is answered with code and trace, and logged with both."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception:
            trace = new_trace()
            _LOG.exception("unforeseen, at %s", request.path, extra={"trace": trace})
            return problem(TongbanError("see the log of the gateway"), trace=trace)

    return answer
