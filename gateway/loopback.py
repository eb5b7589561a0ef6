"""Which addresses never leave this machine: the only ones where plain HTTP is spoken."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Of a host: `localhost`, or a number of 127.0.0.0/8 or ::1. Other names are not looked up:
    what they mean today they need not mean tomorrow."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def leads_to_loopback(address: str) -> bool:
    """Of a URL."""
    try:
        return is_loopback(urlsplit(address).hostname or "")
    except ValueError:
        return False
