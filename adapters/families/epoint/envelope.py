"""What the platform puts around its XML: SM4-CBC (GB/T 32907, GB/T 17964), then base64.

Line ends are removed from the XML before it is encrypted and from the base64 afterwards, so a
line end that a value holds must be written as a character reference. Padding is that of
PKCS #7 (RFC 5652, section 6.3). The partner's format has no seal: nothing tells a changed
ciphertext from a right one, which is for our own batches to do. All that is wrong with a
ciphertext is one error in the same words, so that nobody can ask for its padding piece by piece.
"""

import base64
import binascii

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from adapters.engine.rejection import Unfit

KEY_LENGTH = 16  # bytes; the initial vector has as many
_LINE_ENDS = b"\r\n"


class Envelope:
    """Encrypts and decrypts under one key and one initial vector, both agreed with the city."""

    def __init__(self, key: bytes, vector: bytes) -> None:
        self._cipher = Cipher(SM4(key), CBC(vector))
        self._padding = PKCS7(SM4.block_size)

    def seal(self, xml: bytes) -> str:
        """The base64 of the ciphertext of `xml`, on one line."""
        padder, encryptor = self._padding.padder(), self._cipher.encryptor()
        plain = padder.update(xml.translate(None, _LINE_ENDS)) + padder.finalize()
        return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()

    def open(self, text: str) -> bytes:
        """The XML in `text`. Raises Unfit when it is not base64 or does not decrypt."""
        try:
            sealed = base64.b64decode("".join(text.split()), validate=True)
        except (ValueError, binascii.Error) as error:
            raise Unfit("not base64") from error
        decryptor, unpadder = self._cipher.decryptor(), self._padding.unpadder()
        try:
            plain = unpadder.update(decryptor.update(sealed) + decryptor.finalize())
            return plain + unpadder.finalize()
        except ValueError as error:
            raise Unfit("it does not decrypt under the key of the profile") from error
