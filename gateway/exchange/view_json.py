"""A case view as JSON: the same words whatever the language, times in RFC 3339."""

from datetime import datetime
from typing import Any

import orjson

from contracts.applicant import ApplicantType
from contracts.case import Application
from contracts.codes import mask_name
from contracts.working_days import BEIJING
from gateway.exchange.case_clock import CaseClock
from gateway.exchange.view import CaseView, Event


def view_json(view: CaseView, *, unmasked: bool = False) -> dict[str, Any]:
    """What `case show --json` prints and the local API answers. Bodies are in it only when the
    view holds them."""
    turn, application = view.turn, view.application
    said: dict[str, Any] = {
        "case": view.record.id,
        "number": view.record.number,
        "receiving": view.receiving,
        "handling": view.handling,
        "state": view.state.value if view.state else None,
        "next": {"member": turn.member, "kinds": list(turn.kinds)} if turn else None,
        "clock": _clock(view.clock) if view.clock else None,
        "matter": None,
        "applicant": None,
        "messages": [_event(event) for event in view.events],
    }
    if application is not None:
        said["matter"] = {
            "base_code": application.matter.base_code,
            "name": application.matter.name,
        }
        said["applicant"] = applicant_name(application, unmasked=unmasked)
    return said


def _clock(clock: CaseClock) -> dict[str, Any]:
    run, reading = clock.run, clock.reading
    return {
        "started_at": run.started_at.isoformat(),
        "deemed": run.deemed,
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "stands": run.stands,
        "limit": clock.limit.model_dump(mode="json") if clock.limit else None,
        "used": reading.used,
        "due_at": reading.due_at.isoformat() if reading.due_at else None,
        "provisional": reading.provisional,
        "card": reading.card.value,
    }


def _event(event: Event) -> dict[str, Any]:
    message = event.message
    said: dict[str, Any] = {
        "id": message.id,
        "kind": message.kind,
        "sender": message.sender,
        "receiver": message.receiver,
        "sequence": message.sequence,
        "recorded_at": _beijing(message.recorded_at).isoformat(timespec="milliseconds"),
        "receipt": message.state.value,
        "receipted_at": event.receipted_at.isoformat() if event.receipted_at else None,
        "reason": message.reason,
        "state": event.state.value if event.state else None,
    }
    if event.opened is not None:
        said["body"] = orjson.loads(event.opened.body.to_json())
    return said


def applicant_name(application: Application, *, unmasked: bool) -> str:
    """`林*岚`: a person's name is masked unless asked for; a company's is no secret."""
    applicant = application.applicant
    if unmasked or applicant.type is not ApplicantType.NATURAL_PERSON:
        return applicant.name
    return mask_name(applicant.name)


def _beijing(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, BEIJING)
