"""Single e-mails to one person, such as a link to confirm an address: kept until they are sent."""

import hashlib
from datetime import datetime

from django.core.mail import EmailMessage
from django.db import transaction

from marketplace.models import Letter
from marketplace.services import mails, outbox

SEND = "marketplace.tasks.send_letter"


def post(*, to: str, subject: str, body: str, now: datetime) -> Letter:
    """Leave the letter for a worker: whoever asks for it never waits for a mail server."""
    with transaction.atomic():
        letter = Letter.objects.create(to=to, subject=subject[:250], body=body, created_at=now)
        outbox.add(task=SEND, argument=letter.pk, now=now)
    return letter


def send(*, letter_id: int) -> bool:
    """Send and forget it, in one transaction; False when that is done already.

    Raises MailNotSent, and then it is kept. A worker that dies between the mail server and the
    commit sends again, under the same Message-ID.
    """
    with transaction.atomic():
        letter = Letter.objects.select_for_update(no_key=True).filter(pk=letter_id).first()
        if letter is None:
            return False
        mails.deliver(
            EmailMessage(
                subject=letter.subject,
                body=letter.body,
                to=[letter.to],
                headers={"Message-ID": _message_id(letter), "Auto-Submitted": "auto-generated"},
            )
        )
        letter.delete()
    return True


def _message_id(letter: Letter) -> str:
    told = f"{letter.pk}:{letter.created_at.isoformat()}"
    return f"<letter.{hashlib.sha256(told.encode()).hexdigest()[:40]}@{mails.domain()}>"
