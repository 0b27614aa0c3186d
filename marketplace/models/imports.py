"""Imports of market files: the job, the uploaded bytes, and what each row would do or did.

Rows hold what their organisation sent, price limits too: nobody else reads them, and they go
after a set time.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import ImportState
from marketplace.models.base import PublicModel
from marketplace.models.choices import CONFIRMATIONS, IMPORT_KINDS, IMPORT_STATES, ROW_OUTCOMES
from marketplace.models.organisations import Organisation


class ImportJob(PublicModel):
    """From the upload to the import; ``rows_done`` of ``rows_total`` while a worker is at it."""

    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.PROTECT,
        related_name="imports",
    )
    # Who uploaded it; from the confirmation on who confirmed it, for whom the rows are saved.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(_("of"), max_length=12, choices=IMPORT_KINDS)
    file_name = models.CharField(_("file"), max_length=100)
    size_bytes = models.PositiveIntegerField(_("size, bytes"))
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=IMPORT_STATES,
        default=ImportState.UPLOADED.value,
    )
    # Set by systems that ask nobody between check and import.
    confirmed_as = models.CharField(
        _("confirmed beforehand"), max_length=4, choices=CONFIRMATIONS, blank=True, default=""
    )
    good_rows_only = models.BooleanField(_("without the bad rows"), default=False)
    rows_total = models.PositiveIntegerField(_("rows"), null=True)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    # Why it is no table: {line, column, message, params} each.
    problems = models.JSONField(default=list)
    created_at = models.DateTimeField(_("uploaded"))
    checked_at = models.DateTimeField(_("checked"), null=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[code for code, _label in IMPORT_KINDS]),
                name="import_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[code for code, _label in IMPORT_STATES]),
                name="import_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-created_at"], name="import_own_list"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_at_work(self) -> bool:
        """A worker has it, or will have."""
        return self.state in (ImportState.UPLOADED.value, ImportState.CONFIRMED.value)


class ImportPart(models.Model):
    """A piece of the uploaded file; gone as soon as its rows are read."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        verbose_name = _("part of an imported file")
        verbose_name_plural = _("parts of an imported file")
        constraints = [
            models.UniqueConstraint("job", "number", name="import_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.number}"


class ImportRow(models.Model):
    """A row as it was sent, and what it does. ``version``: of the listing that it was checked with.

    ``errors``: {column, value, message, params} each. ``changes``: column -> [before, after].
    """

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(_("line"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=ROW_OUTCOMES)
    reference = models.CharField(_("own reference"), max_length=64)
    cells = models.JSONField()
    errors = models.JSONField(default=list)
    changes = models.JSONField(default=dict)
    listing = models.UUIDField(null=True)
    version = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("imported row")
        verbose_name_plural = _("imported rows")
        constraints = [
            models.UniqueConstraint("job", "line", name="import_row_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=[code for code, _label in ROW_OUTCOMES]),
                name="import_row_outcome_known",
            ),
        ]
        indexes = [
            models.Index(fields=["job", "outcome", "line"], name="import_row_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.line} {self.outcome}"
