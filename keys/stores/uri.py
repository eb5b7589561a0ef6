"""Names of private keys: a scheme for the kind of store, and the key's `kid`.

::

    file:410100-sign-20261125-0f3a.pem                        a file of the key folder
    pkcs11:token=tongban;object=410100-sign-20261125-0f3a     a key of a token (RFC 7512)
"""

import re
from urllib.parse import unquote

from contracts.errors import KeyUnusable

FILE, TOKEN = "file", "pkcs11"

_KID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
_SUFFIX = ".pem"


def scheme_of(uri: str) -> str:
    """The kind of store that the key is in; empty where `uri` has no scheme."""
    scheme, colon, _ = uri.partition(":")
    return scheme if colon else ""


def kid_of(uri: str) -> str:
    """The `kid` of the key that `uri` names. Raises KeyUnusable when it names none."""
    scheme, _, rest = uri.partition(":")
    if scheme == FILE and rest.endswith(_SUFFIX):
        kid = rest.removesuffix(_SUFFIX)
    elif scheme == TOKEN:
        kid = token_attributes(uri).get("object", "")
    else:
        kid = ""
    if not is_kid(kid):
        raise KeyUnusable(
            "this names no key; expected file:NAME.pem or pkcs11:token=…;object=NAME",
            uri=uri[:200],
        )
    return kid


def is_kid(name: str) -> bool:
    """1 to 100 letters, digits, `-` and `_`, of which the first is a letter or digit."""
    return _KID.fullmatch(name) is not None


def checked_kid(kid: str) -> str:
    """`kid`, when it is one. Raises KeyUnusable."""
    if not is_kid(kid):
        raise KeyUnusable(
            "a key's name has 1 to 100 letters, digits, - and _; the first is no sign",
            key=kid[:128],
        )
    return kid


def file_uri(kid: str) -> str:
    """The URI of a key in a file. Raises KeyUnusable for what is no `kid`."""
    return f"{FILE}:{checked_kid(kid)}{_SUFFIX}"


def token_attributes(uri: str) -> dict[str, str]:
    """The path attributes of a PKCS #11 URI (RFC 7512, section 2.3), percent-decoded.

    Raises KeyUnusable for other URIs, for an attribute without a value or given twice, and
    where a query follows: a PIN, or a module, is a setting and never part of a key's name.
    """
    scheme, _, path = uri.partition(":")
    if scheme != TOKEN or "?" in path:
        raise KeyUnusable("not the name of a key in a token", uri=uri.partition("?")[0][:200])
    found: dict[str, str] = {}
    for attribute in path.split(";"):
        name, equals, value = attribute.partition("=")
        if not equals or not name or name in found:
            raise KeyUnusable("not a PKCS #11 URI (RFC 7512)", uri=uri[:200])
        try:
            found[name] = unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise KeyUnusable("not a PKCS #11 URI (RFC 7512)", uri=uri[:200]) from None
    return found
