import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def vouch(apps, schema_editor):
    """Who is here already was named by an admin: their address counts as confirmed."""
    users = apps.get_model("marketplace", "User").objects.filter(erased_at__isnull=True)
    addresses = apps.get_model("account", "EmailAddress").objects
    addresses.bulk_create(
        (
            addresses.model(user_id=user.pk, email=user.email, verified=True, primary=True)
            for user in users.order_by("pk").iterator()
        ),
        batch_size=1000,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("marketplace", "0007_imports_and_references"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("to", models.EmailField(max_length=254)),
                ("subject", models.CharField(max_length=250)),
                ("body", models.TextField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "letter",
                "verbose_name_plural": "letters",
            },
        ),
        migrations.CreateModel(
            name="TermsAcceptance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=40, verbose_name="version of the terms")),
                ("at", models.DateTimeField(verbose_name="accepted")),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="terms_acceptances", to="marketplace.organisation")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "acceptance of the terms",
                "verbose_name_plural": "acceptances of the terms",
                "constraints": [models.UniqueConstraint(models.F("organisation"), models.F("version"), name="terms_accepted_once")],
            },
        ),
        # As `createcachetable` makes it; here, so that `migrate` and `grant_app_role` are enough.
        migrations.RunSQL(
            """
            CREATE TABLE marketplace_cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamp with time zone NOT NULL
            );
            CREATE INDEX marketplace_cache_expires ON marketplace_cache (expires);
            """,
            "DROP TABLE marketplace_cache",
        ),
        migrations.RunPython(vouch, migrations.RunPython.noop),
    ]
