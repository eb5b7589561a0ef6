"""Private keys in a PKCS #11 token, named by RFC 7512 URIs: made there, used there, never out.

`pkcs11:token=LABEL;object=KID` names a key: a pair of objects in the token whose label
is the key's `kid`. A module, a PIN or a slot never stands in a URI.
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag

from contracts.errors import KeyUnusable
from keys.stores.token import Opened, open_token
from keys.stores.token_keys import ED25519, P256, X25519, TokenOpeningKey, TokenSigningKey
from keys.stores.uri import TOKEN, checked_kid, is_kid, kid_of, token_attributes
from keys.suites.suite import OpeningKey, SigningKey, Suite
from keys.suites.x25519 import SUITE

_CURVE = Mechanism.EC_EDWARDS_KEY_PAIR_GEN
_SIGNS = MechanismFlag.SIGN | MechanismFlag.VERIFY

_STAYS_INSIDE = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
}


class Pkcs11KeyStore:
    """A `KeyStore` over one token; see `keys.stores.store.KeyStore`.

    Besides KeyUnusable its methods, and those of its keys, raise KeyUnavailable when the
    token does not answer.
    """

    def __init__(self, module: Path, label: str, pin: bytes) -> None:
        """Logs in. `module`: the maker's library; `label`: the token's, not the slot's."""
        try:
            text = pin.decode()
        except UnicodeDecodeError:
            raise KeyUnusable("the PIN is not UTF-8", token=label) from None
        self._label = label
        self._token = open_token(module, label, text)
        self._closed = False

    def __repr__(self) -> str:
        return f"Pkcs11KeyStore({self._token!r})"

    def uris(self) -> Sequence[str]:
        """A URI for each private key whose label can be a `kid`."""
        labels = self._token.use(Opened.labels)
        return sorted(self._uri(label) for label in labels if is_kid(label))

    def signing_key(self, uri: str) -> SigningKey:
        """The signing key that `uri` names."""
        return TokenSigningKey(self._token, self._kid(uri))

    def opening_key(self, uri: str) -> OpeningKey:
        """The opening key that `uri` names."""
        return TokenOpeningKey(self._token, self._kid(uri))

    def new_signing_key(self, suite: Suite, kid: str) -> str:
        """Make a key pair in the token: Ed25519, or ES256 where the token offers no Ed25519.

        Raises KeyUnusable (key.token_cannot) for suites other than `intl`, and where the
        token offers neither, or makes keys that could be read.
        """
        self._check(suite, kid)

        def make(opened: Opened) -> None:
            if opened.can(Mechanism.EDDSA, _CURVE):
                _make(opened, kid, KeyType.EC_EDWARDS, ED25519, _CURVE, _SIGNS)
            elif opened.can(Mechanism.ECDSA, Mechanism.EC_KEY_PAIR_GEN):
                _make(opened, kid, KeyType.EC, P256, Mechanism.EC_KEY_PAIR_GEN, _SIGNS)
            else:
                raise self._cannot("it offers neither Ed25519 nor ECDSA")

        self._token.use(make)
        return self._uri(kid)

    def new_opening_key(self, suite: Suite, kid: str) -> str:
        """Make a pair on X25519 in the token; nobody can copy it from there.

        Raises KeyUnusable (key.token_cannot) as `new_signing_key` does.
        """
        self._check(suite, kid)

        def make(opened: Opened) -> None:
            if not opened.can(Mechanism.ECDH1_DERIVE, _CURVE):
                raise self._cannot("it offers no exchange on X25519")
            _make(opened, kid, KeyType.EC_EDWARDS, X25519, _CURVE, MechanismFlag.DERIVE)

        self._token.use(make)
        return self._uri(kid)

    def close(self) -> None:
        """Log out, unless somebody else in this process uses the token too."""
        if not self._closed:
            self._closed = True
            self._token.leave()

    def _check(self, suite: Suite, kid: str) -> None:
        checked_kid(kid)
        if suite.name != SUITE:
            raise self._cannot(f"PKCS #11 has no algorithms of the suite {suite.name}")

    def _cannot(self, detail: str) -> KeyUnusable:
        return KeyUnusable(detail, code="key.token_cannot", token=self._label)

    def _uri(self, kid: str) -> str:
        return f"{TOKEN}:token={quote(self._label, safe='')};object={kid}"

    def _kid(self, uri: str) -> str:
        """Only the one spelling that is given out: a filter that fits several keys is no name."""
        attributes = token_attributes(uri)
        if set(attributes) != {"token", "object"} or attributes["token"] != self._label:
            raise KeyUnusable(
                f"not a key of this store; expected {self._uri('NAME')}", uri=uri[:200]
            )
        return kid_of(uri)


def _make(
    opened: Opened,
    kid: str,
    kind: KeyType,
    curve: bytes,
    mechanism: Mechanism,
    work: MechanismFlag,
) -> None:
    """Raises KeyUnusable when there is one, or when what was made could be taken out."""
    if kid in opened.labels():
        raise KeyUnusable("the token holds it; a key is never overwritten", key=kid)
    with opened.session.token.open(rw=True) as session:  # logged in as the other session is
        domain = session.create_domain_parameters(kind, {Attribute.EC_PARAMS: curve}, local=True)
        public, private = domain.generate_keypair(
            mechanism=mechanism,
            store=True,
            label=kid,
            id=kid.encode(),
            capabilities=work,
            private_template=_STAYS_INSIDE,
        )
        if private[Attribute.EXTRACTABLE] or not private[Attribute.SENSITIVE]:
            private.destroy()
            public.destroy()
            detail = "it makes keys that could be taken out of it"
            raise KeyUnusable(detail, code="key.token_cannot", key=kid)
