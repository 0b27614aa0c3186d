"""Records that never change: one canonical text, and its hash."""

import hashlib
import json
from collections.abc import Mapping


def canonical(record: Mapping[str, object]) -> bytes:
    """The record as JSON with sorted keys, without spaces, in UTF-8."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def content_sha256(record: Mapping[str, object]) -> str:
    """Of the record's canonical text."""
    return hashlib.sha256(canonical(record)).hexdigest()
