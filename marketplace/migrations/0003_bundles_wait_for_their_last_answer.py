from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplace', '0002_deals_delivered_and_people_told'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='proposal',
            name='proposal_open_while_undecided',
        ),
        migrations.AddIndex(
            model_name='proposal',
            index=models.Index(condition=models.Q(('state', 'DECLINED')), fields=['closed_at'], name='proposal_declined'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'PROPOSED'), _negated=True), models.Q(models.Q(('producer_answer', 'DECLINED'), _negated=True), models.Q(('buyer_answer', 'DECLINED'), _negated=True)), _connector='OR'), name='proposal_open_while_nobody_declined'),
        ),
    ]
