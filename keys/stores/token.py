"""A PKCS #11 token: its module loaded, its session open, its errors told apart.

Login and module are shared by a whole process (PKCS #11 v2.40, section 2.5), so all who name
the same token here share one `Token`, and one thread alone enters the module.

A session dies when a token is pulled out or its network is gone. What fails is tried once
more with a fresh session, where needed with the module started afresh, and then it is said
that the token does not answer; the next use tries again. A refused PIN is never tried again:
three wrong ones lock many a token for good.
"""

import contextlib
import hmac
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass, Session, TokenFlag
from pkcs11 import exceptions as cryptoki
from pkcs11._pkcs11 import lib as Library  # noqa: N812 - a class, by its own name a function's
from pkcs11.types import DeriveMixin, Object, PrivateKey, PublicKey, SignMixin

from contracts.errors import KeyUnavailable, KeyUnusable, TongbanError
from keys.stores.module_thread import thread_of

_T = TypeVar("_T")

_PIN_REFUSED = (
    cryptoki.PinExpired,
    cryptoki.PinIncorrect,
    cryptoki.PinInvalid,
    cryptoki.PinLenRange,
    cryptoki.PinLocked,
    cryptoki.UserPinNotInitialized,
)
_CANNOT = (
    cryptoki.AttributeTypeInvalid,
    cryptoki.AttributeValueInvalid,
    cryptoki.DomainParamsInvalid,
    cryptoki.FunctionNotSupported,
    cryptoki.KeyTypeInconsistent,
    cryptoki.MechanismInvalid,
    cryptoki.TemplateInconsistent,
    cryptoki.TokenWriteProtected,
)
_NOT_ONE_KEY = (cryptoki.NoSuchKey, cryptoki.MultipleObjectsReturned)


class UsableKey(PrivateKey, SignMixin, DeriveMixin):
    """What the library makes of a private key that may sign, or derive; for the checker alone."""


class Opened:
    """One session with the user logged in. Keys found in it are remembered as long as it is."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._private: dict[str, UsableKey] = {}

    def private(self, label: str) -> UsableKey:
        """The private key of that name. Raises PKCS11Error, as everything here does."""
        if (known := self._private.get(label)) is None:
            found = self._one(ObjectClass.PRIVATE_KEY, label)
            known = self._private[label] = cast(UsableKey, found)
        return known

    def public(self, label: str) -> PublicKey:
        return cast(PublicKey, self._one(ObjectClass.PUBLIC_KEY, label))

    def labels(self) -> set[str]:
        """The names of all private keys."""
        found = self._search({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        return {each[Attribute.LABEL] for each in found}

    def can(self, *mechanisms: Mechanism) -> bool:
        """Whether the token offers all of them."""
        return set(self.session.token.slot.get_mechanisms()).issuperset(mechanisms)

    def _one(self, kind: ObjectClass, label: str) -> Object:
        found = self._search({Attribute.CLASS: kind, Attribute.LABEL: label})
        if len(found) > 1:
            raise cryptoki.MultipleObjectsReturned
        if not found:
            raise cryptoki.NoSuchKey
        return found[0]

    def _search(self, attributes: dict[Attribute, Any]) -> list[Object]:
        """All objects that fit.

        Something else is asked first, which fails when the session is dead: when a search
        does, the library tries to end it once more as it clears up, and complains of that
        past all handlers. It does the same when a search is not read to its end.
        """
        with contextlib.suppress(cryptoki.RandomNoRNG, cryptoki.FunctionNotSupported):
            self.session.generate_random(8)
        return list(self.session.get_objects(attributes))


class Token:
    """A token that is named by its module and its label. Safe for several threads."""

    def __init__(self, module: Path, label: str, pin: str) -> None:
        """Nothing is opened yet. Use `open_token`, so that one process has one."""
        self.label = label
        self._module = str(module)
        self._pin = pin
        self.thread = thread_of(self._module)
        self._opened: Opened | None = None
        self._refused: str | None = None
        self._users = 0

    def __repr__(self) -> str:
        return f"Token({self._module!r}, {self.label!r})"

    def use(self, work: Callable[[Opened], _T], *, in_use: bool = False) -> _T:
        """What `work` gives, done in the module's thread; it may be called twice.

        Raises KeyUnusable (also with key.token_cannot) and KeyUnavailable (key.token_gone,
        key.pin_refused): then what is to be done can be done later, by the same key. `in_use`:
        its key was there before, so a token without it is not the one that we know.
        """
        return self.thread.run(lambda: self._use(work, in_use))

    def _use(self, work: Callable[[Opened], _T], in_use: bool) -> _T:
        if self._refused is not None:
            raise self._locked(self._refused)
        try:
            return self._try_twice(work)
        except _PIN_REFUSED as error:
            self._refused = f"the token refused the PIN ({_said(error)})"
            raise self._locked(self._refused) from None
        except _NOT_ONE_KEY as error:
            if in_use:
                detail = "the token no longer holds the key"
                raise KeyUnavailable(detail, token=self.label) from None
            raise self._told("the token holds no such key, or several", error) from None
        except _CANNOT as error:
            raise self._told("the token cannot do it", error, "key.token_cannot") from None
        except cryptoki.NoSuchToken:
            raise KeyUnavailable("there is no token of this label", token=self.label) from None
        except cryptoki.PKCS11Error as error:
            detail = f"the token does not answer: {_said(error)}"
            raise KeyUnavailable(detail, token=self.label) from None

    def _try_twice(self, work: Callable[[Opened], _T]) -> _T:
        try:
            return work(self._opened or self._open())
        except (*_PIN_REFUSED, *_CANNOT, cryptoki.MultipleObjectsReturned):
            raise
        except cryptoki.PKCS11Error:
            self._drop()
        try:
            opened = self._open()
        except _PIN_REFUSED:
            raise
        except cryptoki.PKCS11Error:
            # A module lists its slots once: a token that came back is seen by a fresh one.
            self._restart_module()
            opened = self._open()
        return work(opened)

    def _open(self) -> Opened:
        token = self._library().get_token(token_label=self.label)
        if one_try_left(token.flags):
            self._refused = "one wrong PIN more would lock the token"
            raise self._locked(self._refused)
        try:
            session = token.open(user_pin=self._pin)
        except cryptoki.UserAlreadyLoggedIn:
            session = token.open()  # the login of another session of this process
        self._opened = Opened(session)
        return self._opened

    def _library(self) -> Library:
        try:
            return pkcs11.lib(self._module)
        except cryptoki.PKCS11Error as error:
            if type(error) is cryptoki.PKCS11Error and "loading" in str(error):
                detail = "the module of the token cannot be loaded"
                raise KeyUnusable(detail, module=self._module) from None
            raise

    def _restart_module(self) -> None:
        library = self._library()
        with contextlib.suppress(cryptoki.PKCS11Error):
            library.finalize()
        library.initialize()

    def _drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            with contextlib.suppress(cryptoki.PKCS11Error):
                opened.session.close()

    def _told(
        self, detail: str, error: cryptoki.PKCS11Error, code: str | None = None
    ) -> KeyUnusable:
        return KeyUnusable(f"{detail} ({_said(error)})", code=code, token=self.label)

    def _locked(self, detail: str) -> KeyUnavailable:
        return KeyUnavailable(detail, code="key.pin_refused", token=self.label)

    # --- who uses it ------------------------------------------------------------------------------

    def join(self, pin: str) -> "Token":
        """One user more. Raises KeyUnavailable (key.pin_refused) when it has another PIN."""
        if not hmac.compare_digest(pin.encode(), self._pin.encode()):
            raise self._locked("another PIN is in use for this token")
        self._users += 1
        return self

    def leave(self) -> None:
        """One user less; after the last one the session is closed and the user logged out."""
        with _ALL:
            self._users -= 1
            if self._users > 0:
                return
            _TOKENS.pop((self._module, self.label), None)
        with contextlib.suppress(KeyUnavailable):
            self.thread.run(self._drop)


_ALL = Lock()
_TOKENS: dict[tuple[str, str], Token] = {}


def open_token(module: Path, label: str, pin: str) -> Token:
    """The token, for one user more, who must `leave` it. Raises KeyUnusable, KeyUnavailable."""
    with _ALL:
        token = _TOKENS.get((str(module), label))
        if token is None:
            token = Token(module, label, pin)
            _TOKENS[str(module), label] = token
        token.join(pin)
    try:
        token.use(lambda _opened: None)
    except TongbanError:
        token.leave()
        raise
    return token


def one_try_left(flags: TokenFlag) -> bool:
    """Whether one more wrong PIN would lock the token; we do not spend that try."""
    return bool(flags & TokenFlag.USER_PIN_FINAL_TRY)


def _said(error: cryptoki.PKCS11Error) -> str:
    """The name of the module's answer; some answers have no class of their own."""
    if type(error) is cryptoki.PKCS11Error:
        return str(error)[:100] or "an error without a name"
    return type(error).__name__
