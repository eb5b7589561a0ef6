"""The local API of a gateway, where the settings ask for one."""

from collections.abc import Callable, Coroutine
from typing import Any

from gateway import config
from gateway.bootstrap.opened import Parts
from gateway.calendars import load_calendar
from gateway.exchange.case_clock import Counting
from gateway.exchange.open_message import OpenMessage
from gateway.exchange.view import ViewCase
from gateway.officers.tokens import Tokens
from gateway.web.api.local import LocalApi
from gateway.web.bearer import Bearer
from gateway.web.local_site import LocalSite


def local_site(
    folder: config.Home, made: Parts
) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
    """What runs beside in a process that speaks with the city's own systems."""
    settings, home = folder.settings, made.home
    if settings.local.listen is None or "adapter" not in settings.gateway.roles:
        return {}
    bearer = Bearer(
        Tokens(made.officers, home.now_ms),
        made.metrics,
        monotonic=home.clock.monotonic,
        new_trace=home.new_id,
    )
    counting = Counting(load_calendar(folder.path(settings.time.calendars)), settings.time.yellow)
    opening = OpenMessage(home, made.store)
    view = ViewCase(home.code, made.store, opening, home.clock, counting)
    api = LocalApi(home.code, made.submit, view, bearer)
    return {"local": LocalSite(api, settings.local.host, settings.local.port, home.new_id).run}
