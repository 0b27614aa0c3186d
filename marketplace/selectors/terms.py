"""The market's terms, and whether an organisation accepted their version of today."""

from marketplace.models import MarketSettings, Organisation, TermsAcceptance


def version() -> str:
    """Of today; the default while no admin has changed a setting."""
    return (MarketSettings.objects.filter(pk=1).first() or MarketSettings()).terms_version


def accepted(organisation: Organisation) -> bool:
    rows = TermsAcceptance.objects.filter(organisation=organisation, version=version())
    return rows.exists()
