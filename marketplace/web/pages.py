"""What page modules share: lists in pages, one step at a time, refusals in words."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import django_filters
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRefresh

from marketplace.domain.errors import DomainError, InvalidInput, NotFound
from marketplace.selectors.filters import narrowed_rows
from marketplace.web.forms.base import RawForm

PER_PAGE = 50
Result = TypeVar("Result")


def page_of(request: HttpRequest, rows: QuerySet[Any]) -> Page[Any]:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def listed(
    request: HttpRequest,
    template: str,
    narrowed: django_filters.FilterSet,
    **context: object,
) -> HttpResponse:
    """A page of a filtered list; an impossible filter says so and shows nothing."""
    query = request.GET.copy()
    query.pop("page", None)
    rows = narrowed_rows(narrowed)
    shown = {"page": page_of(request, rows), "narrowed": narrowed, "query": query.urlencode()}
    return render(request, template, shown | context)


def submitted(form: RawForm, step: Callable[[dict[str, object]], Result]) -> Result | None:
    """What the service gave back; None when it refused, with its words in the form."""
    try:
        return step(form.raw())
    except NotFound:
        raise
    except DomainError as error:
        form.refuse(error)
        return None


def form_page(
    request: HttpRequest, template: str, form: RawForm, **context: object
) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def attempt(request: HttpRequest, step: Callable[[], object], done: str) -> bool:
    """Do one step of the reader's; say that it is done, or why not."""
    try:
        step()
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, words(error))
        return False
    messages.success(request, done)
    return True


class Job(Protocol):
    """Work of a worker that a page waits for."""

    @property
    def is_at_work(self) -> bool: ...


def progress(request: HttpRequest, template: str, job: Job) -> HttpResponse:
    """How far it is, for a page that asks again and again; the page anew when it is done."""
    if not job.is_at_work:
        return HttpResponseClientRefresh()
    return render(request, template, {"job": job})


def version_of(request: HttpRequest) -> int | None:
    """The version that the page was made from, sent back by its form; None when it names none."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """A small table as a file; texts of others have passed ``domain.exports.safe``."""
    target = io.StringIO()
    csv.writer(target).writerows([columns, *rows])
    response = HttpResponse(target.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def words(error: DomainError) -> str:
    if isinstance(error, InvalidInput):
        return " ".join(gettext(one.message).format(**one.params) for one in error.errors)
    return gettext(error.message).format(**error.params)
