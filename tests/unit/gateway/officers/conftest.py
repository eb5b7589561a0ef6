"""Hashing that costs little: these tests are about what follows from it.

What it really costs is seen in `test_passwords.py`, and over the command line.
"""

import pytest
from argon2 import PasswordHasher

from gateway.officers import passwords, safe


@pytest.fixture(autouse=True)
def _cheap_hashing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.module.__name__.endswith("test_passwords"):
        return
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 64, 1))
    monkeypatch.setattr(safe, "_N", 16)
    passwords._nobodys.cache_clear()
