"""PACT v3: the host API by which partners' systems read footprints, and send events."""
