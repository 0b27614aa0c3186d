"""The market's terms, and whether an organisation accepted their version of today."""

from django.db.models import Exists, OuterRef

from marketplace.models import MarketSettings, Organisation, TermsAcceptance


def version() -> str:
    """Of today; the default while no admin has changed a setting."""
    return (MarketSettings.objects.filter(pk=1).first() or MarketSettings()).terms_version


def accepted(organisation: Organisation) -> bool:
    rows = TermsAcceptance.objects.filter(organisation=organisation, version=version())
    return rows.exists()


def wanted(organisation: Organisation) -> tuple[MarketSettings, str]:
    """The market's settings, and the version that waits to be accepted: in one query for a page."""
    accepting = TermsAcceptance.objects.filter(
        organisation=organisation, version=OuterRef("terms_version")
    )
    market = MarketSettings.objects.filter(pk=1).annotate(is_accepted=Exists(accepting)).first()
    if market is None:
        return MarketSettings(), "" if accepted(organisation) else version()
    return market, "" if market.is_accepted else market.terms_version
