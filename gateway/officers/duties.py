"""Duties: which officer may use which command. One table, pure.

The three (三员) are those of GB/T 22239 (classified protection) and its sister standards: the
system administrator keeps the gateway running, the security administrator decides whom it
trusts, the auditor sees what was done and by whom. No account holds two, and none does the
work of another; what only looks, and shows nothing private, several may use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Duty(StrEnum):
    """What an account is for."""

    SYSTEM = "system"
    SECURITY = "security"
    AUDITOR = "auditor"
    RECOVERY = "recovery"  # the envelope in the safe: resets an account, and nothing else


OFFICERS = (Duty.SYSTEM, Duty.SECURITY, Duty.AUDITOR)
DUTY_NAMES: Mapping[Duty, tuple[str, str]] = {
    Duty.SYSTEM: ("系统管理员", "system administrator"),
    Duty.SECURITY: ("安全管理员", "security administrator"),
    Duty.AUDITOR: ("审计员", "auditor"),
    Duty.RECOVERY: ("应急恢复", "recovery"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a command. `about`: the parameter that names its object in the log."""

    may: frozenset[Duty]
    about: str | None = None
    unreadable: bool = False
    """Goes on where settings or store cannot be read: it is what one looks at them with."""

    @property
    def open(self) -> bool:
        return not self.may


def _rule(*may: Duty, about: str | None = None, unreadable: bool = False) -> Rule:
    return Rule(frozenset(may), about, unreadable)


_SYSTEM, _SECURITY, _AUDITOR = OFFICERS
_OPEN = _rule()

COMMANDS: Mapping[str, Rule] = {
    # Open: needs no officer, or is how one becomes one.
    "init": _OPEN,  # makes a member; there are no officers yet
    "run": _OPEN,  # the service itself, started by the machine
    "demo": _OPEN,
    "translate": _OPEN,  # needs no member
    "contracts export": _OPEN,
    "members pin": _OPEN,  # needs no member either
    "verify": _OPEN,  # offline, with public keys, on anybody's machine
    "sign-in": _OPEN,
    "sign-out": _OPEN,
    "whoami": _OPEN,
    "officer found": _OPEN,  # refused once there are officers
    "officer password": _OPEN,  # one's own: asks for the present one and a code
    "officer recover": _OPEN,  # asks for the code in the safe
    # The system administrator: keeps it running.
    "doctor": _rule(*OFFICERS, unreadable=True),
    "links": _rule(_SYSTEM),
    "top": _rule(_SYSTEM),
    "queue list": _rule(_SYSTEM, about="lane"),
    "queue show": _rule(_SYSTEM, about="message"),
    "queue retry": _rule(_SYSTEM, about="name"),
    "queue hold": _rule(_SYSTEM, about="name"),
    "queue release": _rule(_SYSTEM, about="name"),
    "queue return": _rule(_SYSTEM, about="message"),
    "queue discard": _rule(_SYSTEM, about="message"),
    "queue rebuild": _rule(_SYSTEM),
    "migrate": _rule(_SYSTEM, about="url"),
    "store months": _rule(_SYSTEM),
    "store detach": _rule(_SYSTEM, about="month"),
    "incident list": _rule(_SYSTEM, _AUDITOR),
    "incident show": _rule(_SYSTEM, _AUDITOR, about="incident_id"),
    "case submit": _rule(_SYSTEM, about="file"),
    "case list": _rule(_SYSTEM, _AUDITOR),
    "case show": _rule(_SYSTEM, _AUDITOR, about="name"),
    "case follow": _rule(_SYSTEM, _AUDITOR, about="name"),
    "message show": _rule(_SYSTEM, _AUDITOR, about="message_id"),
    # The security administrator: keys, trust, accounts.
    "members add": _rule(_SECURITY, about="file"),
    "members list": _rule(*OFFICERS),
    "federation found": _rule(_SECURITY),
    "federation invite": _rule(_SECURITY, about="code"),
    "federation join": _rule(_SECURITY, about="invitation"),
    "federation approve": _rule(_SECURITY, about="file"),
    "federation publish": _rule(_SECURITY),
    "federation mirror": _rule(_SECURITY, about="source"),
    "federation leave": _rule(_SECURITY),
    "federation show": _rule(*OFFICERS),
    "federation check": _rule(*OFFICERS),
    "keys list": _rule(*OFFICERS),
    "keys new": _rule(_SECURITY, about="use"),
    "keys rotate": _rule(_SECURITY, about="use"),
    "keys close": _rule(_SECURITY, about="key"),
    "keys backup": _rule(_SECURITY, about="file"),
    "keys restore": _rule(_SECURITY, about="file"),
    "officer add": _rule(_SECURITY, about="name"),
    "officer lock": _rule(_SECURITY, about="name"),
    "officer unlock": _rule(_SECURITY, about="name"),
    "officer reset": _rule(_SECURITY, about="name"),
    "officer remove": _rule(_SECURITY, about="name"),
    "officer list": _rule(_SECURITY, _AUDITOR),
    "token new": _rule(_SECURITY, about="for_"),
    "token list": _rule(_SECURITY, _AUDITOR),
    "token revoke": _rule(_SECURITY, about="token"),
    # The auditor: what was done, and by whom.
    "evidence export": _rule(_AUDITOR, about="name"),
    "officer log": _rule(_AUDITOR),
}
"""Every command of `tongban`; a test walks over them and misses none."""

STRICTER: Mapping[tuple[str, str], Rule] = {
    # With this option a command shows what people wrote, whoever may use it without.
    ("case show", "open_"): _rule(_AUDITOR, about="name"),
    ("message show", "open_"): _rule(_AUDITOR, about="message_id"),
    ("incident show", "output"): _rule(_AUDITOR, about="incident_id"),
}
"""What a command needs when it is given an option, by the option's parameter."""

NOBODY = Rule(frozenset({Duty.RECOVERY}))
"""For a command that the table forgot: once there are officers, none of them may use it."""


def rule_of(command: str, options: Mapping[str, object]) -> Rule:
    """What `command` (its words, without the program's) needs when it is given `options`."""
    for (words, option), rule in STRICTER.items():
        if words == command and options.get(option):
            return rule
    return COMMANDS.get(command, NOBODY)
