"""Imports as jobs: many rows at once, checked by a worker, told row by row.

A row is one of lots.csv or requirements.csv; a known own reference changes what it names.
"""

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api import schema
from marketplace.api.base import ApiView, ListView
from marketplace.api.etags import tagged
from marketplace.api.idempotency import Answer, answered_once
from marketplace.api.import_shapes import (
    Decision,
    Import,
    ImportColumns,
    ImportRowResult,
    Said,
    shown,
)
from marketplace.api.raw import NoValues, raw_values, storable
from marketplace.domain.errors import FieldError, InvalidInput, gettext_noop
from marketplace.domain.sheets import BY_KIND, Sheet
from marketplace.domain.spreadsheets import Table, csv_lines
from marketplace.domain.vocabulary import Confirmation
from marketplace.models import ImportJob, ImportRow
from marketplace.models.actors import Actor
from marketplace.models.choices import IMPORT_KINDS, IMPORT_STATES, ROW_OUTCOMES
from marketplace.selectors import imports as selectors
from marketplace.services import imports as services

MOST_ROWS = 1_000
MOST_TOLD = 100
NO_KIND = gettext_noop("Give LOTS or REQUIREMENTS.")
NO_CONFIRMATION = gettext_noop("Give ALL or GOOD, or leave it out to confirm later.")
NO_ROWS = gettext_noop("Give a list of 1 to {most} objects, one for each row.")
NO_COLUMN = gettext_noop("Row {row}: there is no column {column}.")
NO_TEXT = gettext_noop(
    "Row {row}, {column}: give text in one line, a number or a list of texts; true or false for "
    "a yes or no."
)
BAD_CHOICE = gettext_noop("Give true or false.")


class ImportFilter(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(choices=IMPORT_KINDS)
    state = django_filters.ChoiceFilter(choices=IMPORT_STATES)


class ImportRowFilter(django_filters.FilterSet):  # type: ignore[misc]
    outcome = django_filters.ChoiceFilter(choices=ROW_OUTCOMES)


class Imports(ListView):
    """The imports of your own organisation, from files too; a POST begins one."""

    queryset = ImportJob.objects.none()
    serializer_class = Import
    filterset_class = ImportFilter
    orderings = {"-created_at": ("-created_at", "-pk"), "created_at": ("created_at", "pk")}

    def get_queryset(self) -> QuerySet[ImportJob]:
        return selectors.own(self.actor)

    @extend_schema(operation_id="imports_list", responses=Import(many=True))
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(shown(rows or []))

    @extend_schema(
        operation_id="imports_begin",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=ImportColumns,
        responses={201: Import},
    )
    def post(self, request: Request) -> Response:
        now = timezone.now()
        body = dict(request.data)
        rows = body.pop("rows", None)
        kind, confirmed_as = _said(raw_values(body, Said))
        content = _table(BY_KIND[kind], rows).encode()
        file = services.Upload(f"api-{now:%Y-%m-%d}.csv", len(content), [content])
        begin = partial(
            services.upload, by=self.actor, kind=kind, file=file, confirmed_as=confirmed_as, now=now
        )
        return _once(request, self.actor, 201, begin)


class OneImport(ApiView):
    """An import of your own organisation, and how far it is."""

    @extend_schema(
        operation_id="imports_retrieve", parameters=[schema.IF_NONE_MATCH], responses=Import
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        (job,) = shown([selectors.own_one(self.actor, public_id)])
        return tagged(request, job)


class ImportRows(ListView):
    """What each row does or did, in the order of the rows."""

    queryset = ImportRow.objects.none()
    serializer_class = ImportRowResult
    filterset_class = ImportRowFilter
    orderings = {"row": ("line",)}

    def get_queryset(self) -> QuerySet[ImportRow]:
        return selectors.own_one(self.actor, self.kwargs["public_id"]).rows.all()

    @extend_schema(operation_id="imports_rows", responses=ImportRowResult(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        return self.page()


class ConfirmImport(ApiView):
    """Have a checked import saved."""

    @extend_schema(
        operation_id="imports_confirm",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=Decision,
        responses=Import,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        said = raw_values(request.data, Decision).get("good_rows_only", "")
        if said not in ("", "yes", "no"):
            raise InvalidInput([FieldError("good_rows_only", str(said), "unknown", BAD_CHOICE)])
        confirm = partial(
            services.confirm,
            by=self.actor,
            public_id=public_id,
            good_rows_only=said == "yes",
            now=timezone.now(),
        )
        return _once(request, self.actor, 200, confirm)


class DiscardImport(ApiView):
    """Drop a checked import; nothing of it is saved."""

    @extend_schema(
        operation_id="imports_discard",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=None,
        responses=Import,
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        raw_values(request.data, NoValues)
        discard = partial(services.discard, by=self.actor, public_id=public_id, now=timezone.now())
        return _once(request, self.actor, 200, discard)


def _once(request: Request, actor: Actor, status: int, step: Callable[[], ImportJob]) -> Response:
    """The import as the step leaves it; once for its Idempotency-Key."""

    def act() -> Answer:
        (job,) = shown([step()])
        return Answer(status, job)

    return answered_once(request, actor, act, now=timezone.now())


def _said(raw: Mapping[str, object]) -> tuple[str, Confirmation | None]:
    kind, confirm = str(raw.get("kind", "")), str(raw.get("confirm", ""))
    errors = []
    if kind not in BY_KIND:
        errors.append(FieldError("kind", kind, "unknown", NO_KIND))
    if confirm and confirm not in Confirmation.__members__:
        errors.append(FieldError("confirm", confirm, "unknown", NO_CONFIRMATION))
    if errors:
        raise InvalidInput(errors)
    return kind, Confirmation(confirm) if confirm else None


def _table(sheet: Sheet, rows: Any) -> str:
    """The rows as the market file that they would stand in; InvalidInput names what is no cell."""
    shaped = isinstance(rows, list) and 0 < len(rows) <= MOST_ROWS
    if not shaped or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput(
            [FieldError("rows", "", "not_rows", NO_ROWS, {"most": f"{MOST_ROWS:,}"})]
        )
    errors: list[FieldError] = []
    cells = [_cells(number, row, sheet, errors) for number, row in enumerate(rows, start=1)]
    if errors:
        raise InvalidInput(errors[:MOST_TOLD])
    used = [name for name in sheet.names if any(name in row for row in cells)] or sheet.names[:1]
    lines = ([row.get(name, "") for name in used] for row in cells)
    target = io.StringIO()
    target.writelines(csv_lines(Table("rows", used, lines)))
    return target.getvalue()


def _cells(
    number: int, row: Mapping[str, Any], sheet: Sheet, errors: list[FieldError]
) -> dict[str, str]:
    found = {}
    for name, value in row.items():
        told = {"row": str(number), "column": name[:64]}
        text = _text(value, is_flag=name in sheet.flags)
        if name not in sheet.names:
            errors.append(FieldError("rows", "", "unknown_column", NO_COLUMN, told))
        elif text is None:
            errors.append(FieldError("rows", "", "not_a_value", NO_TEXT, told))
        else:
            found[name] = text
    return found


def _text(value: Any, *, is_flag: bool) -> str | None:
    """As a cell says it; None for what no cell can say."""
    if value is None:
        return ""
    # Only where a yes or no is asked for: a country would read "no" as Norway.
    if isinstance(value, bool) and is_flag:
        return "yes" if value else "no"
    if isinstance(value, list):
        return "|".join(value) if all(_is_text(one) for one in value) else None
    return value if _is_text(value) else None


def _is_text(value: Any) -> bool:
    # A line break would shift the numbers of the rows below it.
    return isinstance(value, str) and storable(value) and not {"\n", "\r"} & set(value)
