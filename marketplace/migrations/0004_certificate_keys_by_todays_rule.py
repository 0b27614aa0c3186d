from django.db import IntegrityError, migrations, transaction

from marketplace.domain.names import certificate_issuer, certificate_number
from marketplace.domain.vocabulary import Scheme


def recompute(apps, schema_editor):
    """Where two accepted certificates turn out to be one, the later one keeps its old key.

    Nobody's certificate is refused by an update of the program: `manage.py reconcile` names both,
    and an admin decides.
    """
    certificates = apps.get_model("marketplace", "Certificate")
    columns = ("pk", "scheme", "issuer", "number", "issuer_key", "number_key")
    for pk, scheme, issuer, number, *kept in certificates.objects.order_by("pk").values_list(*columns).iterator():
        keys = [certificate_issuer(issuer)[:200], certificate_number(number, Scheme(scheme))[:100]]
        if keys == kept:
            continue
        try:
            with transaction.atomic(schema_editor.connection.alias):
                certificates.objects.filter(pk=pk).update(issuer_key=keys[0], number_key=keys[1])
        except IntegrityError:
            print(f" certificate {pk} keeps its key: another one is the same by today's rule")


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0003_bundles_wait_for_their_last_answer'),
    ]

    operations = [
        migrations.RunPython(recompute, migrations.RunPython.noop),
    ]
