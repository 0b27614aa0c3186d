"""The hash chain over the audit rows: who changes a row has to change all links after it."""

import hashlib
from dataclasses import dataclass

BEGIN = bytes(32)


@dataclass(frozen=True)
class Head:
    """The newest link: ``number`` links so far, 0 before the first."""

    number: int = 0
    sha256: bytes = BEGIN

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256.hex()}"


def link(previous: bytes, *, table: str, row: int, digest: bytes) -> bytes:
    """SHA-256 over the link before, the name of the row's place, and the digest of the row."""
    return hashlib.sha256(previous + f"{table} {row} ".encode() + digest).digest()
