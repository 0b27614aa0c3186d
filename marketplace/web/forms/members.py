"""Whom an owner invites, and as what."""

from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import Role
from marketplace.models.choices import ROLES
from marketplace.web.forms import base


class InvitationForm(base.RawForm):
    email = base.text(_("E-mail"), needed=True)
    role = base.one_of(
        _("Role"),
        ROLES,
        _("Viewers look, traders list, post and answer, owners do that and manage members."),
        needed=True,
    )

    sections = ((_("Invite"), ("email", "role")),)


FIRST: dict[str, object] = {"role": Role.TRADER.value}


class LimitForm(base.RawForm):
    approval_above_t = base.number(
        _("Two people accept above"),
        "t",
        _("Counted over a whole bundle. Empty: one person is enough."),
    )

    sections = ((_("Second approver"), ("approval_above_t",)),)
