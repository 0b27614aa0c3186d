"""Database constraints -> domain errors: the one place where a constraint's name gets words."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, transaction

from marketplace.domain.errors import (
    Conflict,
    DomainError,
    FieldError,
    InvalidInput,
    gettext_noop,
)
from marketplace.services import retries

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

FIELD_RULES = {
    "certificate_period_ordered": (
        "valid_to",
        gettext_noop("It ends before it begins."),
    ),
    "certificate_carbon_has_boundary": (
        "boundary",
        gettext_noop("A carbon intensity needs its boundary, and a boundary its intensity."),
    ),
    "certificate_entered_once": (
        "number",
        gettext_noop("You entered this certificate already."),
    ),
    "certificate_not_overdrawn": (
        "certificates",
        gettext_noop("A certificate has too few tonnes left."),
    ),
    "lot_quantity_in_range": (
        "quantity_t",
        gettext_noop("Give more than 0 and up to 500,000 t."),
    ),
    "lot_reference_unique": (
        "reference",
        gettext_noop("Another lot of yours has this reference."),
    ),
    "lot_min_take_within_quantity": (
        "min_take_t",
        gettext_noop("More than the whole lot."),
    ),
    "lot_window_ordered": (
        "window_end",
        gettext_noop("The window ends before it begins."),
    ),
    "lot_production_ordered": (
        "produced_to",
        gettext_noop("It ends before it begins."),
    ),
    "lot_recycled_within_whole": (
        "recycled_post_pct",
        gettext_noop("The recycled shares are more than 100 % together."),
    ),
    "lot_draws_once_per_claim_type": (
        "certificates",
        gettext_noop("Name one tonnage certificate of each scheme only."),
    ),
    "requirement_volume_in_range": (
        "volume_t",
        gettext_noop("Give more than 0 and up to 500,000 t."),
    ),
    "requirement_reference_unique": (
        "reference",
        gettext_noop("Another requirement of yours has this reference."),
    ),
    "requirement_min_lot_within_volume": (
        "min_lot_t",
        gettext_noop("More than the volume."),
    ),
    "requirement_window_ordered": (
        "window_end",
        gettext_noop("The window ends before it begins."),
    ),
    "requirement_cap_only_with_average": (
        "per_lot_cap_ci",
        gettext_noop("A cap per lot goes with an average, and is not below it."),
    ),
    "organisation_name_unique": (
        "name",
        gettext_noop("There is an organisation of this name."),
    ),
    "organisation_has_a_side": (
        "is_producer",
        gettext_noop("Producer, buyer or both."),
    ),
    "search_name_unique": ("name", gettext_noop("You have a search of this name.")),
    "body_list_once": (
        "as_of",
        gettext_noop("There is a list of this body and day already."),
    ),
    "webhook_endpoint_once": ("url", gettext_noop("You have an endpoint at this address.")),
    "site_name_unique": ("name", gettext_noop("You have a site of this name.")),
    "marketplace_user_email_key": (
        "email",
        gettext_noop("There is a user with this address."),
    ),
    "fx_rate_positive": ("usd_per_unit", gettext_noop("Give more than 0.")),
}
CONFLICTS = {
    "certificate_has_one_holder": gettext_noop(
        "Another holder's certificate with this scheme, issuer and number is verified."
    ),
    "lot_not_oversold": gettext_noop("The lot has fewer tonnes left than that."),
    "requirement_not_overfilled": gettext_noop("The requirement needs fewer tonnes than that."),
    "proposal_once_per_round": gettext_noop("This proposal was opened already."),
    "proposal_step_once_per_version": gettext_noop("Somebody else answered at the same moment."),
    "membership_unique": gettext_noop("This user is a member already."),
}


def one_transaction(verb: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Run a service's verb in one transaction, and say a broken constraint in the trade's words.

    The outermost verb is repeated a few times when PostgreSQL made it the victim of another.
    """

    @wraps(verb)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        def once() -> Answer:
            with transaction.atomic():
                return verb(*args, **kwargs)

        try:
            return retries.repeated(once)
        except IntegrityError as error:
            known = _domain_error(error)
            if known is None:
                raise
            raise known from error

    return run


def _domain_error(error: IntegrityError) -> DomainError | None:
    name = str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "")
    if name in FIELD_RULES:
        field, message = FIELD_RULES[name]
        return InvalidInput([FieldError(field, "", name, message)])
    if name in CONFLICTS:
        return Conflict(CONFLICTS[name])
    return None
