"""What a buyer looks for again and again among the open lots, and which of them it was told of."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.models.base import PublicModel
from marketplace.models.lots import Lot
from marketplace.models.organisations import Organisation


class SavedSearch(PublicModel):
    """``query``: names and texts of the filter of open lots. ``seen_at``: the last look at it.

    ``notices`` counts how often it told of new lots, ``told_at`` is when it last did.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="saved_searches"
    )
    name = models.CharField(_("name"), max_length=60)
    name_key = models.CharField(_("comparable name"), max_length=60, editable=False)
    query = models.JSONField(_("filter"), default=dict)
    created_at = models.DateTimeField(_("saved"))
    seen_at = models.DateTimeField(_("last look"))
    told_at = models.DateTimeField(_("last notice"), null=True, blank=True)
    notices = models.PositiveIntegerField(_("notices"), default=0)

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        constraints = [
            models.UniqueConstraint("organisation", "name_key", name="search_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class SearchHit(models.Model):
    """One version of a lot that a search found; told of once, or seen before that."""

    search = models.ForeignKey(SavedSearch, on_delete=models.CASCADE, related_name="hits")
    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="+")
    lot_version = models.PositiveIntegerField()
    found_at = models.DateTimeField(_("found"))
    told_at = models.DateTimeField(_("told"), null=True, blank=True)

    class Meta:
        verbose_name = _("hit of a saved search")
        verbose_name_plural = _("hits of saved searches")
        constraints = [
            models.UniqueConstraint("search", "lot", "lot_version", name="search_hit_once"),
        ]
        indexes = [
            models.Index(
                fields=["search"], condition=Q(told_at__isnull=True), name="search_hit_untold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.search_id} {self.lot_id} {self.lot_version}"
