"""Who may ask for what: one entry for every operation that names a thing. C1 of the acceptance.

An operation without an entry is a KeyError: who adds one says whose it is.
"""

from dataclasses import dataclass

from tests.integration.access.world import BUYER, PRODUCER, ROLES

BOTH = frozenset({PRODUCER, BUYER})
OF_PRODUCER, OF_BUYER = frozenset({PRODUCER}), frozenset({BUYER})
# Open lots are there to be found by every verified organisation (asks by buyers only), and open
# requirements by producers.
PRODUCERS = frozenset({PRODUCER, "producer D"})
VERIFIED = PRODUCERS | {BUYER, "buyer B"}
EVERYBODY = frozenset(ROLES)


@dataclass(frozen=True)
class Entry:
    """``kind`` of thing, for whom it exists, and further parts of a page's address."""

    kind: str
    whose: frozenset[str]
    more: tuple[str, ...] = ()


def _same(kind: str, whose: frozenset[str], *names: str) -> dict[str, Entry]:
    return {name: Entry(kind, whose) for name in names}


PAGES: dict[str, Entry] = {
    "lot": Entry("lot", VERIFIED),
    **_same("lot", OF_PRODUCER, "lot_edit", "lot_copy", "lot_edit_checks", "lot_withdraw"),
    "matching:lot_panel": Entry("lot", OF_PRODUCER),
    **_same(
        "requirement", OF_BUYER, "requirement", "requirement_edit", "requirement_withdraw",
        "matching:requirement_preview", "matching:requirement_changes",
        "matching:requirement_panel",
    ),
    **_same(
        "proposal", BOTH, "proposal", "proposal_accept", "proposal_decline", "message_write"
    ),
    **_same(
        "deal", BOTH, "deal", "deal_delivery", "deal_retire", "deal_cancellation",
        "deal_analysis", "deal_pack",
    ),
    "deal_paper": Entry("deal", BOTH, ("confirmation",)),
    "deal_paper_pdf": Entry("deal", BOTH, ("confirmation",)),
    **_same(
        "certificate", OF_PRODUCER, "certificate", "certificate_document",
        "certificate_statement", "certificate_statement_csv",
    ),
    **_same(
        "import", OF_PRODUCER, "import", "import_progress", "import_confirm", "import_discard",
        "import_bad_rows",
    ),
    **_same("export", OF_PRODUCER, "export_job", "export_progress", "export_file"),
    **_same(
        "webhook", OF_PRODUCER, "webhook", "webhook_rotate", "webhook_on", "webhook_test",
        "webhook_delete",
    ),
    "webhook_again": Entry("webhook", OF_PRODUCER, ("message",)),
    **_same("search", OF_BUYER, "search", "search_delete"),
    **_same("notification", OF_PRODUCER, "notification", "notification_read"),
    "key_revoke": Entry("key", OF_PRODUCER),
    **_same("member", OF_PRODUCER, "member_role", "member_remove"),
    **_same("invitation", OF_PRODUCER, "invitation_revoke", "invitation_accept"),
}  # fmt: skip
# Addresses with a part that names no thing: pictures, tables and forms of files, a secret token.
NAMELESS = {"market_csv", "export", "export_new", "import_template", "join"}
# Further parts of an address of the API.
PARTS = {"kind": "confirmation"}
API: dict[str, Entry] = {
    "lots": Entry("lot", OF_PRODUCER),
    "requirements": Entry("requirement", OF_BUYER),
    "proposals": Entry("proposal", BOTH),
    "deals": Entry("deal", BOTH),
    "certificates": Entry("certificate", OF_PRODUCER),
    "imports": Entry("import", OF_PRODUCER),
    "sites": Entry("site", OF_PRODUCER),
    "footprints": Entry("footprint", OF_PRODUCER),
    "market/lots": Entry("lot", VERIFIED),
    "market/requirements": Entry("requirement", OF_BUYER | PRODUCERS),
    # Rounds are everybody's; a reader's own lines only (tests/integration/matching).
    "rounds": Entry("round", EVERYBODY),
}
