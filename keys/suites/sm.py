"""The suite `sm`: SM2 with SM3, SM2 encryption, SM4-GCM (GB/T 32905, 32907, 32918)."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from contracts.errors import MessageRefused
from keys.suites.part_key import derive_part_key
from keys.suites.sm2 import Sm2SigningKey
from keys.suites.sm2_sealing import Sm2OpeningKey
from keys.suites.sm3 import hmac_sm3, sm3
from keys.suites.suite import TAG_LENGTH, PartKey

SM4_KEY_LENGTH = 16


class SmSuite:
    """The Chinese national algorithms; see `keys.suites.suite.Suite`."""

    name = "sm"
    digest_name = "sm3"
    digest = staticmethod(sm3)

    def new_signing_key(self, kid: str) -> Sm2SigningKey:
        return Sm2SigningKey.generate(kid)

    def new_opening_key(self, kid: str) -> Sm2OpeningKey:
        return Sm2OpeningKey.generate(kid)

    def part_key(self, secret: bytes, info: bytes) -> PartKey:
        return derive_part_key(hmac_sm3, secret, info, SM4_KEY_LENGTH)

    def encrypt(self, part_key: PartKey, plain: bytes, aad: bytes) -> bytes:
        encryptor = Cipher(SM4(part_key.key), GCM(part_key.nonce)).encryptor()
        encryptor.authenticate_additional_data(aad)
        cipher = encryptor.update(plain)
        # GCM is a stream: finalize() gives no bytes, but without it there is no tag.
        encryptor.finalize()
        return cipher + encryptor.tag

    def decrypt(self, part_key: PartKey, sealed: bytes, aad: bytes) -> bytes:
        if len(sealed) < TAG_LENGTH:
            raise MessageRefused("a sealed part is shorter than its tag", code="part.unreadable")
        mode = GCM(part_key.nonce, sealed[-TAG_LENGTH:])
        decryptor = Cipher(SM4(part_key.key), mode).decryptor()
        decryptor.authenticate_additional_data(aad)
        plain = decryptor.update(memoryview(sealed)[:-TAG_LENGTH])
        try:
            decryptor.finalize()
        except InvalidTag:
            raise MessageRefused(
                "the part was changed, or sealed for something else", code="part.unreadable"
            ) from None
        return plain
