"""What django-allauth asks of this site: its letters go by the outbox, and link to SITE_URL."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.utils import timezone

from marketplace.services import letters


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def format_email_subject(self, subject: str) -> str:
        return str(subject)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Rendered here, in the language of who asked; sent by a worker."""
        request = current.request
        told = {name: _on_site(name, value) for name, value in context.items()}
        known = {"request": request, "email": email, "current_site": get_current_site(request)}
        message = self.render_mail(template_prefix, email, known | told)
        letters.post(to=email, subject=message.subject, body=str(message.body), now=timezone.now())


def _on_site(name: str, value: object) -> object:
    """A link begins with SITE_URL, whatever host the request named."""
    if not name.endswith("_url") or not isinstance(value, str):
        return value
    parts = urlsplit(value)
    return f"{settings.SITE_URL}{parts._replace(scheme='', netloc='').geturl()}"
