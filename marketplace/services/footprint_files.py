"""Footprints of others are taken in: read by the rules, kept as they came, each once."""

import hashlib
from datetime import datetime

from marketplace.domain.footprint_files import read
from marketplace.models import ReadFootprint
from marketplace.models.actors import Actor
from marketplace.services import authority
from marketplace.services.constraints import one_transaction


@one_transaction
def take(*, by: Actor, text: str, now: datetime) -> ReadFootprint:
    """The same text again is the same row. Raises InvalidInput with every rule that is broken."""
    authority.trader(by)
    found = read(text, now=now)
    row, _new = ReadFootprint.objects.get_or_create(
        organisation=by.organisation,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        defaults={
            "text": text,
            "spec_version": found.version,
            "footprint_id": found.id,
            "company": found.company,
            "product": found.product,
            "ci_milli": found.ci_milli,
            "begin": found.begin,
            "end": found.end,
            "warnings": list(found.warnings),
            "read_by": by.user,
            "read_at": now,
        },
    )
    return row
