"""How the reader reads: their own settings, and the language of the next pages."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.domain.errors import InvalidInput
from marketplace.models import User
from marketplace.services import readers
from marketplace.web import pages
from marketplace.web.forms.settings import ReaderForm, columns_of


@require_http_methods(["GET", "POST"])
@login_required
def show(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    form = ReaderForm(request.POST if request.method == "POST" else None, initial=columns_of(user))
    form.offer()
    if form.is_bound:
        step = partial(readers.choose, by=user)
        saved = pages.submitted(form, lambda raw: step(raw=raw))
        if saved is not None:
            with translation.override(saved.language or translation.get_language()):
                messages.success(request, _("Saved."))
            return _speaking(saved.language, redirect("settings"))
    return pages.form_page(request, "marketplace/settings.html", form)


@require_POST
def speak(request: HttpRequest) -> HttpResponse:
    """Read on in another language, on the page where one was."""
    target = request.POST.get("next", "")
    inside = target.startswith("/") and url_has_allowed_host_and_scheme(target, None)
    answer = redirect(target if inside else "home")
    user = request.user if isinstance(request.user, User) else None
    try:
        chosen = readers.choose_language(by=user, language=request.POST.get("language", ""))
    except InvalidInput as refused:
        messages.error(request, pages.words(refused))
        return answer
    return _speaking(chosen, answer)


def _speaking(language: str, answer: HttpResponse) -> HttpResponse:
    """Who signs out reads on in the same language; without one, the browser's is asked again."""
    name = settings.LANGUAGE_COOKIE_NAME
    if not language:
        answer.delete_cookie(name, samesite="Lax")
        return answer
    answer.set_cookie(
        name,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return answer
