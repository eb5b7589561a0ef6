"""SM3 (GB/T 32905-2016) and HMAC-SM3, from the fastest library this Python offers.

`hashlib` gets SM3 from the OpenSSL that Python was linked with. A few builds leave SM3
out; GmSSL stands in there, with the same result.
"""

import hashlib
import hmac

import gmssl_pyx

HASHLIB_HAS_SM3 = "sm3" in hashlib.algorithms_available

if HASHLIB_HAS_SM3:
    _EMPTY = hashlib.new("sm3")

    def sm3(data: bytes) -> bytes:
        """SM3 digest of `data`, 32 bytes."""
        state = _EMPTY.copy()  # a third cheaper than looking the algorithm up each time
        state.update(data)
        return state.digest()

    def hmac_sm3(key: bytes, data: bytes) -> bytes:
        """HMAC with SM3 (RFC 2104), 32 bytes."""
        return hmac.digest(key, data, "sm3")

else:

    def sm3(data: bytes) -> bytes:
        """SM3 digest of `data`, 32 bytes."""
        return bytes(gmssl_pyx.sm3_hash(data))

    def hmac_sm3(key: bytes, data: bytes) -> bytes:
        """HMAC with SM3 (RFC 2104), 32 bytes."""
        return bytes(gmssl_pyx.sm3_hmac(key, data))
