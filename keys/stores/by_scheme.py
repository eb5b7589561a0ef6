"""Key files and a token together: a key's URI says by its scheme where it is."""

from collections.abc import Mapping, Sequence

from contracts.errors import KeyUnusable
from keys.stores.store import KeyStore
from keys.stores.uri import kid_of, scheme_of
from keys.suites.suite import OpeningKey, SigningKey, Suite


class KeyStoreByScheme:
    """A `KeyStore` over others; see `keys.stores.store.KeyStore`."""

    def __init__(self, stores: Mapping[str, KeyStore], *, signing: str, opening: str) -> None:
        """`stores` by the scheme of their URIs. `signing`, `opening`: the schemes of the
        stores in which new keys are made."""
        self._stores = stores
        self._signing = signing
        self._opening = opening

    def uris(self) -> Sequence[str]:
        """Those of all stores, store by store in the order of their schemes."""
        return [uri for scheme in sorted(self._stores) for uri in self._stores[scheme].uris()]

    def signing_key(self, uri: str) -> SigningKey:
        """The signing key, from the store that `uri` names."""
        return self._store(uri).signing_key(uri)

    def opening_key(self, uri: str) -> OpeningKey:
        """The opening key, from the store that `uri` names."""
        return self._store(uri).opening_key(uri)

    def new_signing_key(self, suite: Suite, kid: str) -> str:
        """Made where new signing keys belong; never under a name that any store holds."""
        self._check_new(kid)
        return self._made(self._signing).new_signing_key(suite, kid)

    def new_opening_key(self, suite: Suite, kid: str) -> str:
        """Made where new opening keys belong; never under a name that any store holds."""
        self._check_new(kid)
        return self._made(self._opening).new_opening_key(suite, kid)

    def close(self) -> None:
        """Close them all."""
        for store in self._stores.values():
            store.close()

    def _store(self, uri: str) -> KeyStore:
        store = self._stores.get(scheme_of(uri))
        if store is None:
            known = ", ".join(f"{scheme}:" for scheme in sorted(self._stores))
            raise KeyUnusable(f"no store for such keys is set up, only {known}", uri=uri[:200])
        return store

    def _made(self, scheme: str) -> KeyStore:
        store = self._stores.get(scheme)
        if store is None:
            raise KeyUnusable(f"new keys of this kind belong into a store of {scheme}: keys")
        return store

    def _check_new(self, kid: str) -> None:
        if kid in map(kid_of, self.uris()):
            raise KeyUnusable("a store holds it; a key is never overwritten", key=kid)
