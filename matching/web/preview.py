"""What a requirement would find: beside its form while it is filled in, and on its page."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from marketplace.domain.errors import DomainError, FieldError, NotFound
from marketplace.models.actors import Actor
from marketplace.selectors import requirements
from marketplace.services.probes import TooOften
from marketplace.web.acting import for_members
from marketplace.web.forms.requirements import RequirementForm
from marketplace.web.pages import words
from matching import previews
from matching.previews import Preview


@require_POST
@never_cache
@for_members
def draft(request: HttpRequest, actor: Actor, public_id: UUID | None = None) -> HttpResponse:
    """The panel alone for htmx; without it the form again, as it was sent, with the panel."""
    found = None if public_id is None else requirements.own_one(actor, public_id)
    form = RequirementForm(request.POST)
    form.offer(actor)
    look = partial(previews.drafted, by=actor, raw=form.raw(), instead_of=found)
    context = _looked(lambda: look(now=timezone.now()))
    preview = context.get("preview")
    if isinstance(preview, Preview):
        context |= _unread(form, preview.refused)
    live = bool(request.headers.get("HX-Request"))
    template = "matching/preview.html" if live else "matching/preview_page.html"
    return render(request, template, context | {"form": form, "requirement": found})


@require_GET
@never_cache
@for_members
def changes(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """What would help a posted requirement, by today's open lots."""
    step = _looked(lambda: previews.of_posted(by=actor, public_id=public_id, now=timezone.now()))
    return render(request, "matching/changes.html", step)


def _looked(look: Callable[[], Preview | None]) -> dict[str, object]:
    """A refusal is said in the panel's place: the page around it stays."""
    try:
        return {"preview": look()}
    except NotFound:
        raise
    except DomainError as error:
        until = error.until if isinstance(error, TooOften) else None
        return {"refusal": words(error), "until": until}


def _unread(form: RequirementForm, refused: tuple[FieldError, ...]) -> dict[str, object]:
    """Columns that do not count yet: those that are only empty, and those that are wrong."""
    told = [(_label(form, one.field), one) for one in refused]
    return {
        "missing": [label for label, one in told if one.code == "required"],
        "wrong": [
            (label, gettext(one.message).format(**one.params))
            for label, one in told
            if one.code != "required"
        ],
    }


def _label(form: RequirementForm, name: str) -> str:
    return str(form.fields[name].label) if name in form.fields else name
