"""Whom to call at another city, as one line fit for a terminal: the words are the city's own."""

from gateway.exchange.link_status import printable
from keys.trust.member import Member

_LONGEST = 120


def contact_of(member: Member) -> str:
    """`李工 0373-1234567 tongban@example.gov.cn`; empty when it publishes none."""
    contact = member.contact
    if contact is None:
        return ""
    said = (contact.name, contact.telephone, contact.email)
    return " ".join(printable(each, _LONGEST) for each in said if each)
