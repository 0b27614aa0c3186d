"""Lists as files: short ones at once, long ones written by a worker and fetched when ready."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from marketplace.domain.errors import DomainError
from marketplace.domain.spreadsheets import TYPES
from marketplace.models.actors import Actor
from marketplace.models.choices import EXPORT_TABLES
from marketplace.selectors import export_jobs, exports
from marketplace.services import exports as services
from marketplace.web import pages, spreadsheets
from marketplace.web.acting import for_members

# What is written in a second or two, while the browser waits.
AT_ONCE = 2_000


@require_GET
@for_members
def download(request: HttpRequest, actor: Actor, table: str, form: str) -> HttpResponseBase:
    export = _export(request, actor, table, form)
    if export.rows.count() > AT_ONCE:
        address = reverse("export_new", args=[table, form])
        return redirect(f"{address}?{request.GET.urlencode()}")
    answer = spreadsheets.as_csv if form == "csv" else spreadsheets.as_xlsx
    return answer(table, exports.table_of(table, export))


@require_http_methods(["GET", "POST"])
@for_members
def new(request: HttpRequest, actor: Actor, table: str, form: str) -> HttpResponse:
    """How long the list is, and a button: reading a page has nothing written."""
    export = _export(request, actor, table, form)
    if request.method == "POST":
        query, now = request.GET.dict(), timezone.now()
        try:
            job = services.ask(by=actor, table=table, form=form, query=query, now=now)
        except DomainError as refused:
            messages.error(request, pages.words(refused))
        else:
            return redirect("export_job", job.public_id)
    context = {
        "label": dict(EXPORT_TABLES)[table],
        "form": form.upper(),
        "rows": export.rows.count(),
        "page_of_list": f"{reverse(export.page)}?{request.GET.urlencode()}",
    }
    return render(request, "marketplace/export_new.html", context)


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    page = pages.page_of(request, export_jobs.own(actor))
    return render(request, "marketplace/exports.html", {"page": page})


@require_GET
@never_cache
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    job = export_jobs.own_one(actor, public_id)
    context = {"job": job, "given_up": export_jobs.is_given_up(job)}
    return render(request, "marketplace/export.html", context)


@require_GET
@never_cache
@for_members
def progress(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """The bar, once a second; when the file is written, the page anew."""
    job = export_jobs.own_one(actor, public_id)
    return pages.progress(request, "marketplace/parts/export_progress.html", job)


@require_GET
@for_members
def file(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponseBase:
    job = export_jobs.ready_one(actor, public_id)
    return StreamingHttpResponse(
        export_jobs.content(job),
        content_type=TYPES[job.form],
        headers={
            "Content-Disposition": f'attachment; filename="{job.file_name}"',
            "Content-Length": str(job.size_bytes),
        },
    )


def _export(request: HttpRequest, actor: Actor, table: str, form: str) -> exports.Export:
    if table not in exports.EXPORTS or form not in TYPES:
        raise Http404
    return exports.EXPORTS[table](actor, request.GET.dict(), timezone.now().date())
