"""The chosen rows of an admin list as CSV: the columns that the list shows, nothing else."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.html import strip_tags

from marketplace.domain.exports import safe


def as_csv(model_admin: Any, columns: Iterable[Any], rows: QuerySet[Any]) -> HttpResponse:
    """Texts as the list shows them, without links; no cell can run as a formula."""
    shown = [one for one in columns if one != "action_checkbox"]
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([str(label_for_field(one, rows.model, model_admin)) for one in shown])
    for row in rows:
        writer.writerow([safe(_text(one, row, model_admin)) for one in shown])
    response = HttpResponse(target.getvalue(), content_type="text/csv; charset=utf-8")
    name = re.sub(r"[^a-z]", "", rows.model._meta.model_name or "rows")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _text(column: Any, row: Any, model_admin: Any) -> str:
    field, _attribute, value = lookup_field(column, row, model_admin)
    if field is not None and field.choices:
        value = dict(field.flatchoices).get(value, value)
    return "" if value is None else strip_tags(str(value))
