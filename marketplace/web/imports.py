"""Imports: send a file, watch its check, look at what it would do, confirm it."""

from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.domain import sheets, tables
from marketplace.domain.spreadsheets import Row, Table
from marketplace.domain.vocabulary import ImportState, RowOutcome
from marketplace.models import ImportRow
from marketplace.models.actors import Actor
from marketplace.models.choices import ROW_OUTCOMES
from marketplace.selectors import imports as selectors
from marketplace.services import imports as services
from marketplace.services.importing import files
from marketplace.web import pages, spreadsheets
from marketplace.web.acting import for_members
from marketplace.web.forms.imports import UploadForm

PIECE = 1024 * 1024
# What a form says besides its file.
FORM_ALLOWANCE = 64 * 1024
SHEETS = {"lots": sheets.LOTS, "requirements": sheets.REQUIREMENTS}
# Of a row in the preview, what tells it from its neighbours.
SHOWN = ("product_form", "product_forms", "grade", "grades", "quantity_t", "volume_t")


@require_GET
@for_members
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    page = pages.page_of(request, selectors.own(actor))
    return render(request, "marketplace/imports.html", {"page": page})


@csrf_exempt
@require_http_methods(["GET", "POST"])
@for_members
def new(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Larger files than are taken are refused before anything of them is read: the token of the
    form, which is checked right after this, stands in the same body.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and int(length) > tables.LARGEST + FORM_ALLOWANCE:
        return _too_large(request, actor)
    return _form(request, actor)


@csrf_protect
def _form(request: HttpRequest, actor: Actor) -> HttpResponse:
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    form.offer(actor)
    if posted:
        sent = request.FILES.get("file")
        file = (
            services.Upload(sent.name or "", sent.size or 0, sent.chunks(PIECE)) if sent else None
        )
        step = partial(services.upload, by=actor, file=file, now=timezone.now())
        job = pages.submitted(form, lambda raw: step(kind=str(raw["kind"])))
        if job is not None:
            return redirect("import", job.public_id)
    return pages.form_page(request, "marketplace/import_form.html", form)


def _too_large(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = UploadForm()
    form.offer(actor)
    context = {"form": form, "refused": _("This file is larger than 50 MB. Split it.")}
    return render(request, "marketplace/import_form.html", context, status=413)


@require_GET
@never_cache
@for_members
def show(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    job = selectors.own_one(actor, public_id)
    outcome = request.GET.get("outcome", "")
    page = pages.page_of(request, selectors.rows(job, outcome))
    counts = selectors.counts(job)
    saves = counts[RowOutcome.NEW] + counts[RowOutcome.CHANGED]
    context = {
        "job": job,
        "page": page,
        "rows": [_shown(one) for one in page.object_list],
        "outcome": outcome,
        "query": f"outcome={outcome}" if outcome in RowOutcome.__members__ else "",
        "counts": [(code, label, counts[code]) for code, label in ROW_OUTCOMES],
        "total": sum(counts.values()),
        "saves": saves,
        "errors": counts[RowOutcome.ERROR],
        "problems": [_words(one) for one in job.problems],
        "given_up": selectors.is_given_up(job),
        "may_decide": actor.may_trade and job.state == ImportState.CHECKED.value,
    }
    return render(request, "marketplace/import.html", context)


@require_GET
@never_cache
@for_members
def progress(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    """The bar, once a second; when the work is done, the page anew."""
    job = selectors.own_one(actor, public_id)
    return pages.progress(request, "marketplace/parts/import_progress.html", job)


@require_POST
@for_members
def confirm(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(
        services.confirm,
        by=actor,
        public_id=public_id,
        good_rows_only=request.POST.get("rows") == "good",
        now=timezone.now(),
    )
    pages.attempt(request, step, _("Confirmed. The import goes on when you leave this page."))
    return redirect("import", public_id)


@require_POST
@for_members
def discard(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponse:
    step = partial(services.discard, by=actor, public_id=public_id, now=timezone.now())
    pages.attempt(request, step, _("Discarded. Nothing of it was saved."))
    return redirect("import", public_id)


@require_GET
@for_members
def bad_rows(request: HttpRequest, actor: Actor, public_id: UUID) -> HttpResponseBase:
    """As they were sent, with line, column and reason: mended, the file can be sent again."""
    job = selectors.own_one(actor, public_id)
    sheet = sheets.BY_KIND[job.kind]
    columns = (*sheet.names, *files.ADDED_COLUMNS)
    rows = (_bad(one, sheet.names) for one in selectors.bad_rows(job))
    table = Table("bad rows", columns, rows)
    return spreadsheets.as_csv(f"bad-rows-{job.public_id}", table)


@require_GET
@for_members
def template(request: HttpRequest, actor: Actor, kind: str, form: str) -> HttpResponseBase:
    """A file to begin with: its columns, one row as an example, and what each column takes."""
    if kind not in SHEETS or form not in ("csv", "xlsx"):
        raise Http404
    sheet, name = SHEETS[kind], f"{kind}-template"
    row = list(sheets.example(sheet, timezone.now().date()).values())
    numbers = {one.name for one in sheet.columns if one.number}
    table = Table(kind, sheet.names, [row], numbers)
    if form == "csv":
        return spreadsheets.as_csv(name, table)
    header = (_("Column"), _("Needed"), _("Unit"), _("Values"), _("Rule"))
    about = Table(_("Columns"), header, _explained(sheet))
    return spreadsheets.as_xlsx(name, table, about)


def _explained(sheet: sheets.Sheet) -> Iterable[Row]:
    for one in sheet.columns:
        needed = _("needed") if one.needed else _("optional")
        yield one.name, needed, one.unit, " ".join(one.codes), _(one.rule)


def _bad(row: ImportRow, columns: Iterable[str]) -> Row:
    """A line break in a cell would end the row for many programs: reasons stand in one line."""
    reasons = [f'"{one["value"]}": {_words(one)["words"]}' for one in row.errors]
    return [
        *(row.cells.get(name, "") for name in columns),
        str(row.line),
        "|".join(dict.fromkeys(one["column"] for one in row.errors)),
        " ".join(reasons),
    ]


def _shown(row: ImportRow) -> dict[str, Any]:
    return {
        "row": row,
        "about": " ".join(row.cells[name] for name in SHOWN if row.cells.get(name)),
        "errors": [_words(one) for one in row.errors],
        "changes": [(name, *pair) for name, pair in sorted(row.changes.items())],
    }


def _words(told: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an error, with its words in the reader's language."""
    return {**told, "words": _(told["message"]).format(**told["params"])}
