"""Structured logs: one line an event, JSON or for a terminal, personal data masked.

Masking looks at every string of every event: identity numbers, mobile numbers. It is the
last net, not the rule; the rule is that nothing personal is logged in the first place.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from contracts.codes import mask_citizen_id, mask_mobile

_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_CITIZEN_ID = re.compile(
    r"(?:(?<![0-9A-Za-z])\d{17}[\dXx]"
    # Behind a letter, and in the old form of 15 digits, only with a province and a birthday:
    # hexadecimal digits and counters look much the same.
    rf"|(?<=[A-Za-z]){_PROVINCE}\d{{4}}(?:18|19|20)\d\d{_DAY}\d{{3}}[\dXx]"
    rf"|(?<!\d)(?<!\d\.){_PROVINCE}\d{{6}}{_DAY}\d{{3}}(?!\.\d)"
    r")(?![0-9A-Za-z])"
)
_MOBILE = re.compile(
    r"(?:(?<![0-9A-Za-z])(?<!\d\.)|(?<=\b86)|(?<=\b0086))"  # no fraction; after +86 or 0086
    r"1[3-9]\d([ -]?)\d{4}\1\d{4}(?![0-9A-Za-z])(?!\.\d)"
)
Event = MutableMapping[str, Any]


def mask(text: str) -> str:
    """`text` with identity and mobile numbers masked."""
    text = _CITIZEN_ID.sub(lambda found: mask_citizen_id(found.group()), text)
    return _MOBILE.sub(lambda found: mask_mobile(found.group()), text)


def _mask_event(_logger: object, _method: str, event: Event) -> Event:
    for key, value in event.items():
        event[key] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


def set_up_logs(*, level: str, style: str) -> None:
    """`style`: "json" or "console"; everything goes to standard error."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_event,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    for client in ("aio_pika", "aiormq"):  # we say ourselves what becomes of the connection
        logging.getLogger(client).setLevel(logging.ERROR)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("tuf").setLevel(logging.WARNING)  # it names each founder that did not sign
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
