"""Secrets of others that have to be read again: kept encrypted, the keys outside the database.

Fernet (AES-128-CBC with HMAC-SHA256). SEALING_KEYS holds the keys, newest first: the first one
seals, all of them open, so that a key can be replaced. Without any, they follow from SECRET_KEY.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotOpen(Exception):
    """Sealed with a key that is not among the known ones."""


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def open_sealed(sealed: str) -> str:
    """Raises CannotOpen."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen from None


def _box() -> MultiFernet:
    keys = settings.SEALING_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"marketplace sealing 1")
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))
