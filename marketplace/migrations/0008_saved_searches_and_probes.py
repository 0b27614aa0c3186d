import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0009_readers_settings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Probe",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("party", models.CharField(max_length=30, verbose_name="organisation or group")),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                ("hour", models.DateTimeField(verbose_name="hour")),
                ("count", models.PositiveIntegerField(default=1, verbose_name="count")),
            ],
            options={
                "verbose_name": "count of looks",
                "verbose_name_plural": "counts of looks",
            },
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "name_key",
                    models.CharField(editable=False, max_length=60, verbose_name="comparable name"),
                ),
                ("query", models.JSONField(default=dict, verbose_name="filter")),
                ("created_at", models.DateTimeField(verbose_name="saved")),
                ("seen_at", models.DateTimeField(verbose_name="last look")),
                (
                    "told_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last notice"),
                ),
                ("notices", models.PositiveIntegerField(default=0, verbose_name="notices")),
            ],
            options={
                "verbose_name": "saved search",
                "verbose_name_plural": "saved searches",
            },
        ),
        migrations.CreateModel(
            name="SearchHit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lot_version", models.PositiveIntegerField()),
                ("found_at", models.DateTimeField(verbose_name="found")),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="told")),
            ],
            options={
                "verbose_name": "hit of a saved search",
                "verbose_name_plural": "hits of saved searches",
            },
        ),
        migrations.AlterField(
            model_name="notification",
            name="event",
            field=models.CharField(
                choices=[
                    ("PROPOSAL_OPENED", "A proposal waits for an answer"),
                    ("PROPOSAL_ACCEPTED", "The other side accepted a proposal"),
                    ("PROPOSAL_ENDED", "A proposal ended without a deal"),
                    ("LISTING_PAUSED", "Matching of a lot or requirement is paused"),
                    ("DEAL_CONCLUDED", "A deal is concluded"),
                    ("DEAL_DELIVERED", "A deal is delivered"),
                    ("DEAL_FLAGGED", "Something speaks against a deal"),
                    ("DEAL_CLEARED", "What spoke against a deal is cleared up"),
                    ("DEAL_CANCELLED", "A deal is cancelled"),
                    ("CANCELLATION_ASKED", "The other side asks to cancel a deal"),
                    ("CLAIM_RETIRED", "A buyer retired a claim on delivered tonnes"),
                    ("CERTIFICATE_DECIDED", "An admin decided about a certificate"),
                    ("CERTIFICATE_EXPIRED", "A certificate expired"),
                    ("ORGANISATION_DECIDED", "An admin decided about the organisation"),
                    ("MARKET_PAUSED", "Matching or trading is paused or goes on"),
                    ("LOTS_FOUND", "New lots for a saved search"),
                ],
                max_length=30,
                verbose_name="event",
            ),
        ),
        migrations.AlterField(
            model_name="notificationchoice",
            name="event",
            field=models.CharField(
                choices=[
                    ("PROPOSAL_OPENED", "A proposal waits for an answer"),
                    ("PROPOSAL_ACCEPTED", "The other side accepted a proposal"),
                    ("PROPOSAL_ENDED", "A proposal ended without a deal"),
                    ("LISTING_PAUSED", "Matching of a lot or requirement is paused"),
                    ("DEAL_CONCLUDED", "A deal is concluded"),
                    ("DEAL_DELIVERED", "A deal is delivered"),
                    ("DEAL_FLAGGED", "Something speaks against a deal"),
                    ("DEAL_CLEARED", "What spoke against a deal is cleared up"),
                    ("DEAL_CANCELLED", "A deal is cancelled"),
                    ("CANCELLATION_ASKED", "The other side asks to cancel a deal"),
                    ("CLAIM_RETIRED", "A buyer retired a claim on delivered tonnes"),
                    ("CERTIFICATE_DECIDED", "An admin decided about a certificate"),
                    ("CERTIFICATE_EXPIRED", "A certificate expired"),
                    ("ORGANISATION_DECIDED", "An admin decided about the organisation"),
                    ("MARKET_PAUSED", "Matching or trading is paused or goes on"),
                    ("LOTS_FOUND", "New lots for a saved search"),
                ],
                max_length=30,
                verbose_name="event",
            ),
        ),
        migrations.AddConstraint(
            model_name="probe",
            constraint=models.UniqueConstraint(
                models.F("party"),
                models.F("kind"),
                models.F("hour"),
                name="probe_counted_once_an_hour",
            ),
        ),
        migrations.AddConstraint(
            model_name="probe",
            constraint=models.CheckConstraint(
                condition=models.Q(("count__gte", 1)), name="probe_count_positive"
            ),
        ),
        migrations.AddField(
            model_name="savedsearch",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_searches",
                to="marketplace.organisation",
            ),
        ),
        migrations.AddField(
            model_name="searchhit",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="marketplace.lot"
            ),
        ),
        migrations.AddField(
            model_name="searchhit",
            name="search",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="hits",
                to="marketplace.savedsearch",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(
                models.F("organisation"), models.F("name_key"), name="search_name_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="searchhit",
            index=models.Index(
                condition=models.Q(("told_at__isnull", True)),
                fields=["search"],
                name="search_hit_untold",
            ),
        ),
        migrations.AddConstraint(
            model_name="searchhit",
            constraint=models.UniqueConstraint(
                models.F("search"), models.F("lot"), models.F("lot_version"), name="search_hit_once"
            ),
        ),
    ]
