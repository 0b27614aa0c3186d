"""How imports read in JSON: the job, its rows, and what begins and decides one."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.api import fields
from marketplace.domain.vocabulary import Confirmation, ImportKind, ImportState, RowOutcome
from marketplace.models import ImportJob, ImportRow
from marketplace.selectors import imports as selectors


class Told(serializers.Serializer[Any]):
    """What is kept of an error, in words."""

    column = serializers.CharField()
    detail = serializers.SerializerMethodField()

    def get_detail(self, told: Mapping[str, Any]) -> str:
        return gettext(told["message"]).format(**told["params"])


class RowError(Told):
    """Why a row is not saved."""

    value = serializers.CharField()


class FileProblem(Told):
    """Why it is no table; line 0: the whole of it."""

    line = serializers.IntegerField()


class RowCounts(serializers.Serializer[Any]):
    """Rows by what they do; all 0 before the check."""

    NEW = serializers.IntegerField()
    CHANGED = serializers.IntegerField()
    UNCHANGED = serializers.IntegerField()
    ERROR = serializers.IntegerField()


class Import(serializers.Serializer[Any]):
    """UPLOADED is being checked, CHECKED waits for a decision, CONFIRMED is being imported."""

    id = serializers.UUIDField(source="public_id")
    kind = fields.choice(ImportKind)
    state = fields.choice(ImportState)
    confirm = serializers.CharField(source="confirmed_as", help_text="ALL, GOOD, or empty.")
    rows_total = serializers.IntegerField(allow_null=True)
    rows_done = serializers.IntegerField()
    counts = serializers.SerializerMethodField()
    problems = FileProblem(many=True)
    created_at = serializers.DateTimeField()
    checked_at = serializers.DateTimeField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(RowCounts)
    def get_counts(self, job: ImportJob) -> dict[str, int]:
        return {one.value: self.context["counts"][job.pk][one] for one in RowOutcome}


def shown(jobs: Sequence[ImportJob]) -> list[dict[str, Any]]:
    """They in JSON, with the counts of all in one query."""
    counts = {"counts": selectors.counts_of(jobs)}
    return [dict(Import(job, context=counts).data) for job in jobs]


class ImportRowResult(serializers.Serializer[Any]):
    """One row, counted from 1; `listing`: id of the lot or requirement, once there is one."""

    row = serializers.SerializerMethodField()
    reference = serializers.CharField()
    outcome = fields.choice(RowOutcome)
    listing = serializers.UUIDField(allow_null=True)
    problems = RowError(source="errors", many=True)

    def get_row(self, found: ImportRow) -> int:
        # The first line of the table names the columns.
        return found.line - 1


class ImportColumns(serializers.Serializer[Any]):
    """Up to 1,000 rows, columns as in the market files; a list of texts for columns with several.

    `confirm`: ALL saves all rows or none, GOOD the good ones, empty waits for a decision.
    """

    kind = fields.choice(ImportKind)
    confirm = fields.choice(Confirmation, required=False, allow_blank=True)
    rows = serializers.ListField(child=serializers.DictField())


class Decision(serializers.Serializer[Any]):
    """Whether the bad rows are left out; without it there must be none."""

    good_rows_only = serializers.BooleanField(required=False)


class Said(serializers.Serializer[Any]):
    """What an import says beside its rows."""

    kind = serializers.CharField()
    confirm = serializers.CharField()
