"""The people of an organisation: who they are, whom its owners invite, and joining."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.domain.errors import DomainError, NotFound
from marketplace.domain.vocabulary import Role
from marketplace.models import Organisation, User
from marketplace.models.actors import Actor
from marketplace.models.choices import ROLES
from marketplace.selectors import members as selectors
from marketplace.services import approvals
from marketplace.services import members as services
from marketplace.web import pages
from marketplace.web.acting import ORGANISATION_IN_SESSION, for_members
from marketplace.web.forms.base import scaled
from marketplace.web.forms.members import FIRST, InvitationForm, LimitForm


@require_http_methods(["GET", "POST"])
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everybody of the organisation reads who belongs to it; an owner invites here as well."""
    bound = request.POST if request.method == "POST" else None
    form = InvitationForm(bound, initial=FIRST)
    if form.is_bound:
        step = partial(services.invite, by=actor, now=timezone.now())
        made = pages.submitted(form, lambda raw: step(raw=raw))
        if made is not None:
            messages.success(request, _("Invited. The link works for seven days."))
            return redirect("members")
    return _page(request, actor, form, _limit_form(actor))


@require_POST
@for_members
def choose_limit(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Above how many tonnes two people of the organisation accept."""
    form = LimitForm(request.POST)
    step = partial(approvals.choose_limit, by=actor, now=timezone.now())
    if pages.submitted(form, lambda raw: step(raw=raw)) is not None:
        messages.success(request, _("Saved. It holds for every acceptance from now on."))
        return redirect("members")
    return _page(request, actor, InvitationForm(initial=FIRST), form)


@require_POST
@for_members
def change(request: HttpRequest, actor: Actor, user: UUID) -> HttpResponse:
    role = request.POST.get("role", "")
    step = partial(services.change_role, by=actor, user=user, role=role, now=timezone.now())
    pages.attempt(request, step, _("Changed."))
    return redirect("members")


@require_POST
@for_members
def remove(request: HttpRequest, actor: Actor, user: UUID) -> HttpResponse:
    step = partial(services.remove, by=actor, user=user, now=timezone.now())
    pages.attempt(request, step, _("Removed. Their keys for this organisation work no more."))
    return redirect("members")


@require_POST
@for_members
def revoke(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(services.revoke, by=actor, public_id=public_id, now=timezone.now())
    pages.attempt(request, step, _("Revoked: the link works no more."))
    return redirect("members")


@require_GET
@login_required
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Where the letter's link leads. What is not the reader's own invitation is said, no more."""
    try:
        found = [selectors.by_token(_user(request), token, timezone.now())]
    except NotFound:
        found = []
    status = 200 if found else 404
    return render(request, "marketplace/join.html", {"invited": found}, status=status)


@require_POST
@login_required
def accept(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        joined = services.accept(by=_user(request), public_id=public_id, now=timezone.now())
    except NotFound as error:
        raise Http404 from error
    except DomainError as refused:
        messages.error(request, pages.words(refused))
        return redirect("members")
    _act_for(request, joined.organisation)
    return redirect("dashboard")


def _act_for(request: HttpRequest, organisation: Organisation) -> None:
    request.session[ORGANISATION_IN_SESSION] = str(organisation.public_id)
    messages.success(request, _("You act for %(name)s now.") % {"name": organisation.name})


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


def _limit_form(actor: Actor) -> LimitForm:
    limit = scaled(actor.organisation.approval_above_kg, 3)
    return LimitForm(initial={"approval_above_t": limit})


def _page(
    request: HttpRequest, actor: Actor, form: InvitationForm, limit: LimitForm
) -> HttpResponse:
    context = {
        "form": form,
        "limit": limit,
        "members": selectors.of(actor),
        "invitations": selectors.invitations(actor),
        "roles": ROLES,
        "is_owner": actor.role is Role.OWNER,
        "now": timezone.now(),
    }
    refused = any(one.is_bound and one.errors for one in (form, limit))
    return render(request, "marketplace/members.html", context, status=422 if refused else 200)
