"""A deal's confirmation and claim statement as documents: HTML that stands alone, and PDF."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext_noop, override

from marketplace.domain.errors import DomainError
from marketplace.models import Deal

CONFIRMATION, CLAIM = "confirmation", "claim"


class NoPdf(DomainError):
    """WeasyPrint or one of its system libraries is missing on this server."""

    code = "pdf_not_installed"
    message = gettext_noop("PDF is not installed on this server; print this page instead.")


class ReferenceRefused(Exception):
    """A document refers to something outside itself: a defect of its template."""


def available(deal: Deal) -> Sequence[str]:
    """Which documents there are of a deal at the moment."""
    return (CONFIRMATION, CLAIM) if hasattr(deal, "claim") else (CONFIRMATION,)


def number(kind: str, deal: Deal) -> str:
    return deal.claim.number if kind == CLAIM else deal.number


def context(kind: str, deal: Deal) -> dict[str, Any]:
    claim = getattr(deal, "claim", None)
    return {
        "kind": kind,
        "number": number(kind, deal),
        "deal": deal,
        "record": deal.record,
        "claim": claim,
        "delivery": getattr(deal, "delivery", None),
    }


def page(kind: str, deal: Deal) -> str:
    """One HTML file with its styles in it, in the market's language: both sides get the same."""
    with override(settings.LANGUAGE_CODE):
        return render_to_string("marketplace/documents/document.html", context(kind, deal))


def installed() -> bool:
    """Whether this server can make PDF."""
    try:
        pdf("")
    except NoPdf:
        return False
    return True


def pdf(html: str) -> bytes:
    """The same bytes for the same page. NoPdf where the optional packages are missing.

    Nothing is fetched, neither from the network nor from a file: a reference stops the rendering.
    """
    try:
        # Optional: requirements-pdf.txt, and libraries that only the system can bring.
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    except (ImportError, OSError) as error:
        raise NoPdf from error
    sealed = URLFetcher(allowed_protocols=(), fail_on_errors=True)
    try:
        content: bytes = HTML(string=html, url_fetcher=sealed).write_pdf()
    except FatalURLFetchingError as error:
        # A BaseException there, which would end a web worker.
        raise ReferenceRefused(str(error)) from error
    return content
