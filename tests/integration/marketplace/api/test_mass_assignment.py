"""What services own cannot be set from outside, by whichever operation: C5."""

import pytest
from django.apps import apps
from django.utils import timezone

from tests.factories.api import Caller
from tests.factories.deals import Pair
from tests.figures import FULL, Figures, attack
from tests.integration.marketplace.api.test_every_post import ASKS

pytestmark = [pytest.mark.django_db, attack("C5")]
MODELS = ("lot", "requirement", "certificate", "proposal", "deal", "organisation", "user")


# Keeps a document of somebody else's making as it came, and reads from it what it names.
VERBATIM = {"footprints_read"}


def columns() -> list[str]:
    """Every column of what belongs to somebody, and ways to reach through a relation."""
    found = {
        field.attname
        for model in MODELS
        for field in apps.get_model("marketplace", model)._meta.concrete_fields
    }
    return sorted(found | {"pk", "id", "organisation__name", "lot__state", "__class__"})


@pytest.mark.parametrize("operation", sorted(set(ASKS) - VERBATIM))
def test_a_field_of_the_services_is_refused_by_name(operation: str, figures: Figures) -> None:
    trader, path, body = ASKS[operation](Pair(timezone.now()))
    caller = Caller.of(trader)
    names = [name for name in columns() if name not in body]
    tried = names if FULL else names[:: max(1, len(names) // 12)]
    refused = 0
    for name in tried:
        answer = caller.post(path, {**body, name: "1"})
        told = {one["field"]: one["code"] for one in answer.json().get("errors", ())}
        if told.get(name) != "unknown_field":
            # A column of the file contract under the same name: judged, never set past the rules.
            assert name in WRITTEN, (operation, name, answer.content)
        else:
            assert answer.status_code == 400
            refused += 1
    assert refused > len(tried) // 2
    figures.say(
        "every POST with every column of lots, requirements, certificates, proposals, deals, "
        "organisations and users added to its body",
        f"{operation}: {refused} refused by name",
    )


# Columns that the market files have as well, and that some operation therefore reads.
WRITTEN = {
    "accept_offsets", "accepted_duty_statuses", "accepted_incoterms", "allowed_origins",
    "ask_premium", "beneficiary", "boundary", "brand", "ci_basis", "cn_code", "country",
    "delivery_region", "delivery_regions", "duty_status", "energy_source", "energy_sources",
    "excluded_origins", "grade", "grades", "incoterm", "internal_carbon_price", "issuer",
    "max_premium", "name", "number", "offsets_used", "origin_country", "partial_ok", "place",
    "premium_unit", "produced_from", "produced_to", "product_form", "product_forms", "reason",
    "reference", "required_schemes", "scheme", "schemes_rule", "valid_from", "valid_to",
    "verified_ci_only", "window_end", "window_start",
}  # fmt: skip
