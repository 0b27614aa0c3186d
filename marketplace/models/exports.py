"""Exports that a worker writes: what was asked for, and the bytes of the file.

They hold what the one who asked may see, also prices: nobody else reads them, and they go after a
set time.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.domain.vocabulary import ExportState
from marketplace.models.base import PublicModel
from marketplace.models.choices import EXPORT_FORMS, EXPORT_STATES, EXPORT_TABLES
from marketplace.models.organisations import Organisation


class ExportJob(PublicModel):
    """From the question to the file; ``query``: what the list was narrowed by."""

    organisation = models.ForeignKey(
        Organisation,
        verbose_name=_("organisation"),
        on_delete=models.PROTECT,
        related_name="exports",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+"
    )
    table = models.CharField(_("list"), max_length=20, choices=EXPORT_TABLES)
    form = models.CharField(_("format"), max_length=4, choices=EXPORT_FORMS)
    query = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=EXPORT_STATES, default=ExportState.ASKED.value
    )
    rows_total = models.PositiveIntegerField(_("rows"), null=True)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    size_bytes = models.PositiveBigIntegerField(_("size, bytes"), default=0)
    created_at = models.DateTimeField(_("asked for"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[code for code, _label in EXPORT_STATES]),
                name="export_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="export_own_list"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def file_name(self) -> str:
        return f"{self.table}-{self.created_at:%Y-%m-%d}.{self.form}"

    @property
    def is_at_work(self) -> bool:
        """A worker has it, or will have."""
        return self.state == ExportState.ASKED.value


class ExportPart(models.Model):
    """A piece of the written file."""

    job = models.ForeignKey(ExportJob, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        verbose_name = _("part of an exported file")
        verbose_name_plural = _("parts of an exported file")
        constraints = [
            models.UniqueConstraint("job", "number", name="export_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.number}"
