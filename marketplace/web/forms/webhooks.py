"""Where a system listens, and to what."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from marketplace.domain.webhooks import EventType
from marketplace.models import WebhookEndpoint
from marketplace.models.choices import WEBHOOK_EVENTS
from marketplace.web.forms import base

OFFERED = [
    (code, format_lazy("{label} ({code})", label=label, code=code))
    for code, label in WEBHOOK_EVENTS
    if code != EventType.TEST.value
]


class EndpointForm(base.RawForm):
    url = base.text(_("Address"), _("Begins with https://, on the public internet."), needed=True)
    events = base.some_of(_("Events"), OFFERED, needed=True)

    sections = ((_("Endpoint"), ("url", "events")),)


def columns_of(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {"url": endpoint.url, "events": endpoint.listens_to}
